/** Numbers as text: a true minus sign, and a fixed number of digits, so that columns do not jump. */

const MINUS = "\u2212";

/** Return x with so many decimals. @param {number} x @param {number} [decimals] */
export function fixed(x, decimals = 3) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "not a number" : x > 0 ? "∞" : `${MINUS}∞`;
  const text = Math.abs(x).toFixed(decimals);
  return (x < 0 && Number(text) !== 0 ? MINUS : "") + text;
}

/** Return x with its sign, as a part of a sum has it. @param {number} x @param {number} [decimals] */
export function signed(x, decimals = 2) {
  const text = fixed(x, decimals);
  return x > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** Return x with so many significant digits. @param {number} x @param {number} [digits] */
export function significant(x, digits = 3) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return fixed(x);
  const size = Math.abs(x);
  const small = size < 1e-4 || size >= 1e6;
  const text = small ? size.toExponential(digits - 1).replace("e-", `e${MINUS}`).replace("e+", "e") : plain(size, digits);
  return (x < 0 ? MINUS : "") + text;
}

/** @param {number} size @param {number} digits */
function plain(size, digits) {
  const text = size.toPrecision(digits);
  return text.includes("e") ? Number(text).toFixed(0) : text;
}

/** Return x with so many decimals, or, where these would show none of its digits, with two significant ones.
 * @param {number} x @param {number} decimals */
export function readable(x, decimals) {
  return x !== 0 && Math.abs(x) < 0.5 * 10 ** -decimals ? significant(x, 2) : fixed(x, decimals);
}

/** Return a whole number with commas between its thousands. @param {number} n */
export function counted(n) {
  return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Return a fraction as per cent; fewer than 2,000 images have one decimal. @param {number} fraction @param {number} [images] */
export function percent(fraction, images = 10000) {
  return `${fixed(100 * fraction, images < 2000 ? 1 : 2)} %`;
}

/** Return a number as a reader would type it, with at most three significant digits. @param {number} x */
export function typed(x) {
  const near = Number(x.toPrecision(3));
  return (Math.abs(near) < 1e7 ? String(near) : near.toExponential().replace("e+", "e")).replaceAll("-", MINUS);
}

/** Return the number that a reader typed, or NaN. A comma may stand for the point. @param {string} text */
export function parsed(text) {
  const plainText = text.trim().replaceAll(MINUS, "-").replace(",", ".");
  return plainText === "" ? NaN : Number(plainText);
}
