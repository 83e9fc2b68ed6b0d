/**
 * What the screen can point at: a quantity of the four equations, whole or one number of it. Their names are those of
 * the book with the number of the layer: z2, a2, d3 (delta), s3 (sigma'), u2 (the error before the factor sigma'), y,
 * w3, n3 (the gradient by w3), b3 (by the biases).
 *
 * @typedef {{ q: string, j?: number, k?: number }} Place
 * @typedef {{ z: Float64Array | null, a: Float64Array, sigma_prime: Float64Array | null, error: Float64Array | null,
 *   delta: Float64Array | null, activation?: string }} Values
 * @typedef {{ last: Values, below?: Values, above?: Values, between?: { w: Float64Array, nabla_w: Float64Array, p: number },
 *   label: number, y: Float64Array, answer: number, cost: number | null, quadratic: boolean, layer: number | null,
 *   layers: number, steps: number, range: number }} Seen What the core says of one digit.
 * @typedef {Map<string, "all" | number | [number, number]>} Lit Which numbers are framed, by the name of their quantity.
 */

/** Return a place as a link has it: "d2,5". @param {Place | null} place */
export const placeText = (place) => (place ? [place.q, place.j, place.k].filter((part) => part !== undefined).join(",") : "none");

/** @param {string} text @returns {Place | null} */
export function placeOf(text) {
  const [q, ...rest] = text.split(",");
  const [j, k] = rest.map(Number);
  if (!/^[zadsuwnb][0-9]{1,4}$|^y$/.test(q) || rest.length > 2 || rest.some((part) => !/^[0-9]{1,6}$/.test(part))) return null;
  return rest.length === 2 ? { q, j, k } : rest.length === 1 ? { q, j } : { q };
}

/** Return the numbers of each quantity that is shown. @param {Seen} seen @returns {Map<string, Float64Array>} */
export function quantities(seen) {
  const { last, below, above, between, layer, layers } = seen;
  const found = new Map();
  const put = (/** @type {string} */ q, /** @type {Float64Array | null | undefined} */ values) => values && found.set(q, values);
  const layerOf = (/** @type {Values | undefined} */ values, /** @type {number} */ n) => {
    put(`z${n}`, values?.z);
    put(`a${n}`, values?.a);
    put(`s${n}`, values?.sigma_prime);
    put(`d${n}`, values?.delta);
  };
  layerOf(last, layers);
  put("y", seen.y);
  if (layer !== null && between) {
    layerOf(below, layer);
    layerOf(above, layer + 1);
    put(`u${layer}`, below?.error);
    put(`w${layer + 1}`, between.w);
    put(`n${layer + 1}`, between.nabla_w);
  }
  return found;
}

/** Whether a place is one of what is shown. @param {Place} place @param {Seen} seen */
export function exists({ q, j, k }, seen) {
  if (q === `b${seen.layers}` || (q === `s${seen.layers}` && !seen.quadratic && !seen.last.sigma_prime)) return j === undefined;
  const values = quantities(seen).get(q);
  if (!values) return false;
  if (q[0] !== "n") return k === undefined && (j === undefined || (q[0] !== "w" && j < values.length));
  const rows = /** @type {Values} */ (seen.above).a.length;
  return j === undefined || (k !== undefined && j < rows && k < values.length / rows);
}

/** Return the place that is pointed at first: the weight to the worst output that changes C most among those whose
 * neuron is not saturated. @param {Seen} seen @returns {Place} */
export function firstPlace(seen) {
  const { above, below, layer, layers } = seen;
  if (layer === null || !above?.delta || !below) return { q: `d${layers}`, j: largest(/** @type {Float64Array} */ (seen.last.delta)) };
  const slope = below.sigma_prime;
  const steep = slope ? Math.max(...slope) : 0;
  const voices = below.a.map((a, k) => (slope && slope[k] < 0.3 * steep ? 0 : Math.abs(a)));
  return { q: `n${layer + 1}`, j: largest(above.delta), k: largest(voices) };
}

/** @param {Float64Array} values */
const largest = (values) => values.reduce((best, value, at) => (Math.abs(value) > Math.abs(values[best]) ? at : best), 0);

/** Return what is framed when a place is pointed at: it, and what it was computed from.
 * @param {Place | null} place @param {Seen} seen @returns {Lit} */
export function factors(place, seen) {
  /** @type {Lit} */
  const lit = new Map();
  if (!place) return lit;
  const { q, j, k } = place;
  const [kind, n] = [q[0], Number(q.slice(1))];
  const one = j === undefined ? "all" : j;
  const isLast = n === seen.layers;
  lit.set(q, j !== undefined && k !== undefined ? [j, k] : one);
  if (kind === "d" && isLast) {
    lit.set(`a${n}`, one).set("y", one);
    if (seen.quadratic) lit.set(`s${n}`, one);
  } else if (kind === "d") {
    lit.set(`u${n}`, one).set(`s${n}`, one).set(`w${n + 1}`, one).set(`d${n + 1}`, "all");
  } else if (kind === "u") {
    lit.set(`w${n + 1}`, one).set(`d${n + 1}`, "all");
  } else if (kind === "n") {
    lit.set(`a${n - 1}`, k === undefined ? "all" : k).set(`d${n}`, one);
  } else if (kind === "s" || kind === "a") {
    lit.set(`z${n}`, one);
  } else if (kind === "w") {
    lit.set(`u${n - 1}`, "all");
  } else if (kind === "b") {
    lit.set(`d${seen.layers}`, "all");
    if (seen.layer !== null) lit.set(`d${seen.layer}`, "all").set(`d${seen.layer + 1}`, "all");
  }
  return lit;
}
