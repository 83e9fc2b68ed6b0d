/**
 * Return a function that does something once it has not been called for a quarter of a second, as keeping the state in
 * the address while a number is dragged. Its `now` does at once what is still to be done: a screen that ends calls it.
 * @param {() => void} act
 */
export function later(act) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let due;
  const now = () => {
    if (due === undefined) return;
    clearTimeout(due);
    due = undefined;
    act();
  };
  return Object.assign(() => {
    clearTimeout(due);
    due = setTimeout(now, 250);
  }, { now });
}
