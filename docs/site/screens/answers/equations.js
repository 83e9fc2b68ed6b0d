/** The four equations, answered in the page as play/screens/equations.py answers it, for a network of dense layers. */

import { forward, largestOf, shaped, sizeOf } from "../net/forward.js";
import { costOfOne } from "../net/train.js";
import { benchOf, exactOf } from "../numbers/bench.js";
import { choice, real, reals, whole } from "../numbers/checks.js";

/** @typedef {import("../net/forward.js").Network} Network */
/** @typedef {import("../net/forward.js").Layer} Layer */
/** @typedef {Float64Array<ArrayBuffer>} Row */
/** @typedef {{ x: Row, y: Row, z: Row[], a: Row[], delta: Row[], cost: number }} Trace */

const POINTS = 61; // of the curve of the cost along a step
const LARGEST_ETA = 1e6;
const STEP = Math.cbrt(2 ** -52); // of a central difference: with it, rounding and curvature cost about the same

/** Of each activation its slope at z, with all its digits; softmax has none, which its cost does not need.
 * @type {Record<string, ((z: number) => number) | null>} */
const SLOPES = {
  sigmoid: slopeOfSigmoid, tanh: (z) => 4 * slopeOfSigmoid(2 * z), relu: (z) => (z > 0 ? 1 : 0), linear: () => 1, softmax: null,
};

/** @param {number} z */
function slopeOfSigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // the slope is even in z
  return e / (1 + e) ** 2;
}

/** @param {Layer} layer */
const wOf = (layer) => /** @type {Row} */ (layer.w);
/** @param {Layer} layer */
const bOf = (layer) => /** @type {Row} */ (layer.b);

/** @param {import("../hosts/site.js").Site} site */
export async function answersOf({ load }) {
  const bench = await benchOf(load);
  const { exact, description } = bench;
  const last = exact.layers.length + 1; // layers have the book's numbers: the input is layer 1
  const pairs = exact.layers.map((_, l) => l + 1);
  let net = exactOf(exact);
  let steps = 0;
  /** @type {(Trace & { nabla: { w: Row, b: Row }[] }) | null} */
  let seen = null;
  const traced = () => {
    if (!seen) throw new RangeError("no digit was followed yet: ask trace first");
    return seen;
  };
  /** @param {number} eta */
  const costAfter = (eta) => {
    const { x, y, nabla } = traced();
    return costOf(moved(net, nabla, eta), x, y);
  };
  return {
    network: () => ({ ...description, pairs, kept_back: "", labels: description.classes, reads_digits: true }),
    example: (/** @type {any} */ given) => bench.example(given),
    trace: (/** @type {any} */ { pixels, label: given = null, layer = null }) => {
      const x = Float64Array.from(reals("pixels", pixels, sizeOf(exact.inputShape), 0, 1));
      const classes = description.classes.length;
      const answer = largestOf(forward(exact, x).layers[last - 2].a);
      const label = given === null ? answer : whole("label", given, 0, classes - 1);
      const below = layer === null ? pairs[pairs.length - 1] : whole("layer", layer, 1, last - 1);
      const y = new Float64Array(classes);
      y[label] = 1;
      const trace = traceOf(net, x, y);
      seen = { ...trace, nabla: gradientOf(trace) };
      const first = traceOf(exact, x, y);
      const slope = squared(gradientOf(first));
      const of = (/** @type {number} */ each) => ofLayer(net, trace, each);
      const nabla_w = shaped(seen.nabla[below - 1].w, [net.layers[below - 1].shape[0], sizeOf(net.layers[below - 1].before)]);
      return {
        last: of(last), below: of(below), above: of(below + 1),
        between: { w: shaped(wOf(net.layers[below - 1]), nabla_w.shape), nabla_w, p: below - 1 },
        label, y, answer: largestOf(trace.a[last - 2]), cost: trace.cost, quadratic: net.cost === "quadratic", layer: below, layers: last, steps,
        range: slope > 0 && slope < Infinity ? roundRange((4 * first.cost) / slope) : 1,
      };
    },
    difference: (/** @type {any} */ { kind, layer, entry }) => {
      const { x, y } = traced();
      const at = whole("layer", layer, 2, last) - 2;
      const own = net.layers[at];
      const shape = choice("kind", kind, /** @type {const} */ (["weights", "biases"])) === "weights" ? [own.shape[0], sizeOf(own.before)] : [own.shape[0], 1];
      if (!Array.isArray(entry) || entry.length !== 2) throw new RangeError(`entry: 2 whole numbers needed, got ${entry}`);
      const [row, column] = entry.map((k, axis) => whole("entry", k, 0, shape[axis] - 1));
      return difference(net, at, kind, row * shape[1] + column, x, y);
    },
    along: (/** @type {any} */ { most }) => {
      const end = real("most", most, 0, LARGEST_ETA);
      const etas = Float64Array.from({ length: POINTS }, (_, k) => (k === POINTS - 1 ? end : k * (end / (POINTS - 1))));
      return { etas, costs: etas.map(costAfter), slope: squared(traced().nabla) };
    },
    moved: (/** @type {any} */ { eta }) => ({ cost: costAfter(real("eta", eta, 0, LARGEST_ETA)) }),
    step: (/** @type {any} */ { eta }) => {
      net = moved(net, traced().nabla, real("eta", eta, 0, LARGEST_ETA));
      seen = null;
      return { steps: ++steps };
    },
    again: () => {
      net = exactOf(exact);
      seen = null;
      steps = 0;
      return { steps };
    },
  };
}

/** Follow an example through a network and back. @param {Network} net @param {Row} x @param {Row} y @returns {Trace} */
function traceOf(net, x, y) {
  const through = forward(net, x).layers;
  const [z, a] = [through.map((layer) => /** @type {Row} */ (layer.z)), through.map((layer) => /** @type {Row} */ (layer.a))];
  const last = net.layers.length - 1;
  const slope = net.cost === "quadratic" ? SLOPES[net.layers[last].activation] : null;
  /** @type {Row[]} */
  const delta = [];
  delta[last] = a[last].map((each, j) => (each - y[j]) * (slope ? slope(z[last][j]) : 1)); // BP1
  for (let l = last - 1; l >= 0; l--) {
    const error = errorOf(net, l, delta[l + 1]);
    const own = /** @type {(z: number) => number} */ (SLOPES[net.layers[l].activation]);
    delta[l] = error.map((each, k) => each * own(z[l][k])); // BP2
  }
  return { x, y, z, a, delta, cost: costOfOne(net, z[last], a[last], y) };
}

/** Return BP2 without its factor sigma'(z): the error of layers[l] that the layer above it hands down.
 * @param {Network} net @param {number} l @param {Row} delta Of the layer above. */
function errorOf(net, l, delta) {
  const w = wOf(net.layers[l + 1]);
  const error = new Float64Array(w.length / delta.length);
  for (let j = 0; j < delta.length; j++) {
    for (let k = 0; k < error.length; k++) error[k] += w[j * error.length + k] * delta[j];
  }
  return error;
}

/** Return BP3 and BP4. @param {Trace} trace */
function gradientOf({ x, a, delta }) {
  return delta.map((own, l) => {
    const before = l ? a[l - 1] : x;
    const w = new Float64Array(own.length * before.length);
    for (let j = 0; j < own.length; j++) for (let k = 0; k < before.length; k++) w[j * before.length + k] = own[j] * before[k];
    return { w, b: own };
  });
}

/** @param {{ w: Row, b: Row }[]} nabla */
function squared(nabla) {
  let sum = 0;
  for (const { w, b } of nabla) for (const part of [w, b]) for (const each of part) sum += each * each;
  return sum;
}

/** Return the network after a step of gradient descent. @param {Network} net @param {{ w: Row, b: Row }[]} nabla @param {number} eta @returns {Network} */
function moved(net, nabla, eta) {
  const layers = net.layers.map((layer, l) => ({
    ...layer, w: wOf(layer).map((each, at) => each - eta * nabla[l].w[at]), b: bOf(layer).map((each, at) => each - eta * nabla[l].b[at]),
  }));
  return { ...net, layers };
}

/** @param {Network} net @param {Row} x @param {Row} y */
function costOf(net, x, y) {
  const { layers } = forward(net, x);
  const { z, a } = layers[layers.length - 1];
  return costOfOne(net, /** @type {Row} */ (z), /** @type {Row} */ (a), y);
}

/** Return the central difference of the cost by one parameter, and what rounding can do to it.
 * @param {Network} net @param {number} l @param {"weights" | "biases"} kind @param {number} at @param {Row} x @param {Row} y */
function difference(net, l, kind, at, x, y) {
  const before = l ? /** @type {Row} */ (forward(net, x).layers[l - 1].a) : x;
  const factor = kind === "biases" ? 1 : before.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  const parameters = kind === "biases" ? bOf(net.layers[l]) : wOf(net.layers[l]);
  const value = parameters[at];
  const h = (STEP * Math.max(1, Math.abs(value))) / Math.max(1, factor);
  const [above, below] = [value + h, value - h].map((each) => {
    parameters[at] = each;
    const cost = costOf(net, x, y);
    const isOn = forward(net, x).layers.map(({ z }, k) => (net.layers[k].activation === "relu" ? Array.from(z ?? [], (each) => each > 0).join() : ""));
    return { cost, isOn: isOn.join() };
  });
  parameters[at] = value;
  const kink = above.isOn !== below.isOn || value + h === value - h;
  if (kink || !Number.isFinite(above.cost) || !Number.isFinite(below.cost)) return { difference: null, rounding: 0 };
  return { difference: (above.cost - below.cost) / (value + h - (value - h)), rounding: (10 * 2 ** -52 * Math.abs(above.cost)) / h };
}

/** Return the number 1, 2, 3 or 5 times a power of ten that is next above a number, from 0.001 to 100. @param {number} value */
function roundRange(value) {
  const held = Math.min(Math.max(value, 1e-3), 100);
  const power = Math.floor(Math.log10(held));
  return [1, 2, 3, 5, 10].map((digit) => Number(`${digit}e${power}`)).find((each) => each >= held) ?? 100;
}

/** Return the numbers of a layer; what there is none of is null. @param {Network} net @param {Trace} trace @param {number} layer */
function ofLayer(net, { x, z, a, delta }, layer) {
  if (layer === 1) return { z: null, a: x, sigma_prime: null, error: null, delta: null };
  const l = layer - 2;
  const { activation } = net.layers[l];
  const slope = SLOPES[activation];
  return {
    z: z[l], a: a[l], sigma_prime: slope ? z[l].map(slope) : null,
    error: l + 1 < net.layers.length ? errorOf(net, l, delta[l + 1]) : null, delta: delta[l], activation,
  };
}
