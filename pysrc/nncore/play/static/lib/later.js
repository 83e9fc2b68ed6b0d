/** Return a function that does something once it has not been called for a quarter of a second, as keeping the state in
 * the address while a number is dragged. @param {() => void} act */
export function later(act) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let due;
  return () => {
    clearTimeout(due);
    due = setTimeout(act, 250);
  };
}
