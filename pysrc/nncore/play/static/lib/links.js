/**
 * The state of a screen as the fragment of an address, `#draw?neuron=19&theme=dark`, and back. Only what differs from
 * the screen's defaults is written. A value that does not fit its default is left out: a link comes from a stranger.
 */

const LONGEST = 8192;

/** Return the name of the screen and the text of its state. @param {string} fragment */
export function parted(fragment) {
  const [name, text = ""] = fragment.replace(/^#/, "").slice(0, LONGEST).split("?");
  return { name, query: new URLSearchParams(text) };
}

/** @param {string} name @param {Record<string, unknown>} state @param {Record<string, unknown>} defaults */
export function fragment(name, state, defaults) {
  const query = new URLSearchParams();
  for (const key of Object.keys(defaults)) {
    const value = state[key];
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[key])) query.set(key, written(value));
  }
  const text = query.toString().replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%3B/g, ";")
    .replace(/%40/g, "@").replace(/%2F/g, "/");
  return `#${name}${text ? `?${text}` : ""}`;
}

/** @param {URLSearchParams} query @param {Record<string, unknown>} defaults @returns {Record<string, unknown>} */
export function stateOf(query, defaults) {
  /** @type {Record<string, unknown>} */
  const state = {};
  for (const [key, usual] of Object.entries(defaults)) {
    const text = query.get(key);
    const value = text === null ? undefined : read(text, usual);
    state[key] = value === undefined ? usual : value;
  }
  return state;
}

/** @param {unknown} value */
function written(value) {
  if (isStrokes(value)) return strokesText(/** @type {number[][][]} */ (value));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {string} text @param {unknown} usual */
function read(text, usual) {
  if (text.startsWith("~")) return Array.isArray(usual) ? strokesOf(text) : undefined;
  if (typeof usual === "string") return text;
  if (typeof usual === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (typeof usual === "number") return Number.isFinite(Number(text)) && text !== "" ? Number(text) : undefined;
  try {
    const value = JSON.parse(text);
    if (usual === null) return ["number", "string"].includes(typeof value) ? value : undefined;
    return Array.isArray(value) === Array.isArray(usual) && typeof value === "object" && value ? value : undefined;
  } catch {
    return usual === null ? text : undefined;
  }
}

/** @param {unknown} value */
function isStrokes(value) {
  return Array.isArray(value) && value.length > 0 && Array.isArray(value[0]) && Array.isArray(value[0][0]);
}

/** Return strokes as text: two letters a number, whole units of the pad's 280. @param {number[][][]} strokes */
function strokesText(strokes) {
  const two = (/** @type {number} */ x) => Math.max(0, Math.min(1295, Math.round(x))).toString(36).padStart(2, "0");
  return strokes.map((stroke) => `~${thinned(stroke).map(([x, y]) => two(x) + two(y)).join("")}`).join("");
}

/** @param {string} text */
function strokesOf(text) {
  const strokes = [];
  for (const part of text.split("~").slice(1)) {
    if (!/^([0-9a-z]{4})+$/.test(part)) return undefined;
    const numbers = (part.match(/../g) ?? []).map((two) => parseInt(two, 36));
    if (numbers.some((number) => number > 280)) return undefined;
    strokes.push(Array.from({ length: numbers.length / 2 }, (_, at) => [numbers[2 * at], numbers[2 * at + 1]]));
  }
  return strokes;
}

/** Return a stroke without the points that lie within one unit of the line between their neighbours.
 * @param {number[][]} stroke @returns {number[][]} */
function thinned(stroke) {
  if (stroke.length < 3) return stroke;
  const [first, last] = [stroke[0], stroke[stroke.length - 1]];
  let [worst, at] = [0, 0];
  for (let k = 1; k < stroke.length - 1; k++) {
    const distance = fromLine(stroke[k], first, last);
    if (distance > worst) [worst, at] = [distance, k];
  }
  if (worst < 1) return [first, last];
  return [...thinned(stroke.slice(0, at + 1)).slice(0, -1), ...thinned(stroke.slice(at))];
}

/** @param {number[]} point @param {number[]} from @param {number[]} to */
function fromLine([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.hypot(dx, dy);
  return length ? Math.abs(dx * (y - y0) - dy * (x - x0)) / length : Math.hypot(x - x0, y - y0);
}
