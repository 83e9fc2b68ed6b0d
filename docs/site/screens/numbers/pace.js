/** A training in a page goes on in portions, between which the browser draws and the reader acts. */

export const FRAME = 50; // milliseconds from one frame to the next
export const PORTION = 25; // of which so many at most are for the training

/** Return a promise that is kept after so many milliseconds. @param {number} milliseconds @returns {Promise<void>} */
export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Do something again and again, as long as it returns true, and let the browser draw in between. @param {() => boolean} work */
export async function inPortions(work) {
  let begun = performance.now();
  while (work()) {
    if (performance.now() - begun < PORTION) continue;
    await pause(0);
    begun = performance.now();
  }
}
