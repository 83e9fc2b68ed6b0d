/** What is asked is checked as `play/screens/screen.py` checks it: what does not fit is refused with a sentence. */

/** @param {unknown} value */
const shown = (value) => (typeof value === "string" ? `'${value}'` : String(value)).slice(0, 60);

/** Return a number from `least` to `most`. @param {string} name @param {unknown} value @param {number} least @param {number} most */
export function real(name, value, least, most) {
  if (typeof value !== "number") throw new TypeError(`${name}: a number needed, got ${shown(value)}`);
  if (!(value >= least && value <= most)) throw new RangeError(`${name}: a number from ${least} to ${most} needed, got ${value}`);
  return value;
}

/** Return a whole number from `least` to `most`. @param {string} name @param {unknown} value @param {number} least @param {number} most */
export function whole(name, value, least, most) {
  if (typeof value !== "number" || !Number.isInteger(value)) throw new TypeError(`${name}: a whole number needed, got ${shown(value)}`);
  if (value < least || value > most) throw new RangeError(`${name}: a whole number from ${least} to ${most} needed, got ${value}`);
  return value;
}

/**
 * Return one of some words.
 * @template {string} Word
 * @param {string} name @param {unknown} value @param {readonly Word[]} words
 */
export function choice(name, value, words) {
  const found = words.find((word) => word === value);
  if (!found) throw new RangeError(`${name}: one of ${words.join(", ")} needed, got ${shown(value)}`);
  return found;
}

/** Return n numbers from `least` to `most`. @param {string} name @param {any} value @param {number} n @param {number} least @param {number} most
 * @returns {ArrayLike<number>} */
export function reals(name, value, n, least, most) {
  if (!(ArrayBuffer.isView(value) || Array.isArray(value))) throw new TypeError(`${name}: ${n} numbers needed, got ${shown(value)}`);
  const row = /** @type {ArrayLike<number>} */ (/** @type {unknown} */ (value));
  if (row.length !== n) throw new RangeError(`${name}: ${n} numbers needed, got ${row.length}`);
  for (let k = 0; k < n; k++) {
    if (!(row[k] >= least && row[k] <= most)) throw new RangeError(`${name}: numbers from ${least} to ${most} needed, got ${shown(row[k])}`);
  }
  return row;
}
