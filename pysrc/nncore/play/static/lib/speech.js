/** Values that are spoken: the newest, at most once a second. */

const PAUSE = 1000;

/** Return a function that hands a text on at once, or when a second has passed since the last; only the newest waits.
 * @param {(text: string) => void} tell */
export function atMostOnceASecond(tell) {
  let timer = 0;
  let newest = "";
  let told = "";
  const now = () => {
    timer = 0;
    if (newest === told) return;
    told = newest;
    timer = window.setTimeout(now, PAUSE);
    tell(told);
  };
  return {
    /** @param {string} text */
    say(text) {
      newest = text;
      if (!timer) now();
    },
    end: () => clearTimeout(timer),
  };
}
