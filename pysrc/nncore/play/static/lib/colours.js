/**
 * The two scales that fill cells: signed numbers from orange over paper to blue, and numbers from 0 to 1 from paper to
 * ink. Both are linear in the number. The colours themselves are those of tokens.css.
 */

/** @typedef {[number, number, number]} Colour */

const NAMES = [
  "paper", "ink", "ink-2", "ink-3", "rule", "rule-2", "hover", "ours", "ours-soft", "other", "neg", "pos", "zero",
  "sym-w", "sym-delta", "sym-z",
];

/** What is told when dark and light change. */
export const themes = new EventTarget();

/** @type {Record<string, string> | null} */
let known = null;
themes.addEventListener("change", () => {
  known = null;
});

/** Return the colours of the page by their names in tokens.css. @param {Element} [el] An element that has them. */
export function colours(el = document.querySelector("[data-nncore]") ?? document.documentElement) {
  if (!known) {
    const style = getComputedStyle(el);
    known = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }
  return known;
}

/** @param {string} hex @returns {Colour} */
function rgb(hex) {
  const part = (/** @type {number} */ at) => parseInt(hex.slice(at, at + 2), 16) || 0;
  return [part(1), part(3), part(5)];
}

/** Return the function from a signed number to its colour; it is full at `max`. @param {number} max */
export function signedScale(max) {
  const known = colours();
  const [below, zero, above] = [rgb(known.neg), rgb(known.zero), rgb(known.pos)];
  /** @param {number} value @returns {Colour} */
  return (value) => mixed(zero, value < 0 ? below : above, Math.min(1, Math.abs(value) / max));
}

/** Return the function from a number between 0 and 1 to its colour. */
export function inkScale() {
  const known = colours();
  const [paper, ink] = [rgb(known.paper), rgb(known.ink)];
  /** @param {number} value @returns {Colour} */
  return (value) => mixed(paper, ink, Math.max(0, Math.min(1, value)));
}

/** Return the function from a signed number to its colour, as ImageData holds it: 32 bits. @param {number} max */
export function signedPixel(max) {
  const known = colours();
  const [below, zero, above] = [rgb(known.neg), rgb(known.zero), rgb(known.pos)];
  return (/** @type {number} */ value) => packed(zero, value < 0 ? below : above, Math.min(1, Math.abs(value) / max));
}

/** Return the function from a number between 0 and 1 to its colour, in 32 bits. */
export function inkPixel() {
  const known = colours();
  const [paper, ink] = [rgb(known.paper), rgb(known.ink)];
  return (/** @type {number} */ value) => packed(paper, ink, Math.max(0, Math.min(1, value)));
}

/** Mix two colours to one opaque pixel; red is its lowest byte. @param {Colour} from @param {Colour} to @param {number} share */
function packed(from, to, share) {
  const red = Math.round(from[0] + (to[0] - from[0]) * share);
  const green = Math.round(from[1] + (to[1] - from[1]) * share);
  const blue = Math.round(from[2] + (to[2] - from[2]) * share);
  return (255 << 24) | (blue << 16) | (green << 8) | red;
}

/** @param {Colour} from @param {Colour} to @param {number} share @returns {Colour} */
function mixed(from, to, share) {
  return /** @type {Colour} */ (from.map((part, at) => Math.round(part + (to[at] - part) * share)));
}

/** Return the colour of text on a filled cell: of ink and white, the one with more contrast. @param {Colour} fill */
export function textOn(fill) {
  const light = fill.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
  return (luminance + 0.05) / (0.0082 + 0.05) > 1.05 / (luminance + 0.05) ? "#15171c" : "#ffffff";
}

/** Return a maximum for a scale that does not follow its data: the least power of two times `unit` that holds them.
 * @param {Iterable<number>} values @param {number} [unit] */
export function steadyMaximum(values, unit = 0.5) {
  let largest = 0;
  for (const value of values) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return largest > 0 ? unit * 2 ** Math.ceil(Math.log2(largest / unit)) : unit;
}
