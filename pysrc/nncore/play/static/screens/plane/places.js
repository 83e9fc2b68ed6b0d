/** The points and the parameters of Two inputs as text, for links; and the window of the plane that is shown. */

/** @typedef {{ x: number, y: number, label: number }} Point */
/** @typedef {{ x: number, y: number, half: number }} View The middle of a square window, and half its side. */

/** @type {Record<string, View>} */
export const VIEWS = {
  xor: { x: 0.5, y: 0.5, half: 1 },
  circles: { x: 0, y: 0, half: 1.5 },
  moons: { x: 0.5, y: 0.25, half: 1.75 },
  spirals: { x: 0, y: 0, half: 1.5 },
};
export const MOST_POINTS = 500;
const SHIFT = 23; // coordinates from -23 to 23, in thousandths, are three letters
const DIGITS = 1000;

/** Return points as text: three letters for each coordinate, one for the class. @param {Point[]} points */
export function textOfPoints(points) {
  const three = (/** @type {number} */ x) =>
    Math.round((Math.max(-SHIFT, Math.min(SHIFT, x)) + SHIFT) * DIGITS).toString(36).padStart(3, "0");
  return points.map(({ x, y, label }) => three(x) + three(y) + label).join("");
}

/** Return the points of a text; of one that is none, nothing. @param {string} text @returns {Point[]} */
export function pointsOfText(text) {
  if (text.length > 7 * MOST_POINTS || !/^([0-9a-z]{6}[01])*$/.test(text)) return [];
  const number = (/** @type {string} */ three) => Math.round(parseInt(three, 36) - SHIFT * DIGITS) / DIGITS;
  return (text.match(/.{7}/g) ?? []).map((each) => ({
    x: number(each.slice(0, 3)), y: number(each.slice(3, 6)), label: Number(each[6]),
  }));
}

/** Return parameters as text: the bytes of float32, in letters that an address may have. @param {Float32Array} row */
export function textOfParameters(row) {
  const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Return the parameters of a text, or null if they are not so many finite numbers. @param {string} text
 * @param {number} count */
export function parametersOfText(text, count) {
  try {
    const letters = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    if (letters.length !== 4 * count) return null;
    const row = new Float32Array(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)).buffer);
    return row.every((value) => Number.isFinite(value) && Math.abs(value) <= 1e6) ? row : null;
  } catch {
    return null;
  }
}

/** Return the places of a text "3.17", each less than `count`. @param {string} text @param {number} count */
export function cutsOfText(text, count) {
  const places = text.split(".").filter((part) => /^\d{1,4}$/.test(part)).map(Number);
  return [...new Set(places)].filter((place) => place < count);
}

/** Return the square window that has all points, with room around them. @param {Point[]} points @returns {View} */
export function viewOf(points) {
  if (!points.length) return { x: 0, y: 0, half: 1.5 };
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const half = Math.max(right - left, high - low, 0.5) / 2;
  return { x: (left + right) / 2, y: (low + high) / 2, half: Number((1.25 * half).toPrecision(2)) };
}

/** Return the hidden layers that a link names, or the usual ones. @param {unknown} given @returns {number[]} */
export function hiddenOf(given) {
  const fits = Array.isArray(given) && given.length <= 3 && given.every((n) => Number.isInteger(n) && n >= 1 && n <= 8);
  return fits ? given : [4];
}

/** @param {Float32Array} rows @param {ArrayLike<number>} labels @returns {Point[]} */
export function pointsFrom(rows, labels) {
  return Array.from(labels, (label, at) => ({ x: rows[2 * at], y: rows[2 * at + 1], label }));
}

/** @param {Point[]} points @param {View} view */
export const inside = (points, view) => points.every(({ x, y }) => Math.abs(x - view.x) <= view.half && Math.abs(y - view.y) <= view.half);
