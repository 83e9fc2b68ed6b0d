/**
 * A network of two inputs, at most three hidden layers and one output, at many points of the plane at once. Its
 * parameters are one row of numbers: w row by row and b of the first layer, then of the next.
 */

/** @typedef {"step" | "sigmoid" | "tanh" | "relu"} Activation */

/** A layer in the row of parameters: weight (j, k) is at `start + before * j + k`, bias j at `biases + j`.
 * @typedef {{ before: number, n: number, start: number, biases: number, end: number }} Layer */

export const STEP = "step";

/** The activations that a reader can choose, and their names. */
export const ACTIVATIONS = /** @type {[Activation, string][]} */ ([
  ["step", "step"], ["sigmoid", "sigmoid"], ["tanh", "tanh"], ["relu", "ReLU"],
]);

/** Return the layers behind the inputs, the output neuron last. @param {number[]} hidden @returns {Layer[]} */
export function layersOf(hidden) {
  let [before, start] = [2, 0];
  return [...hidden, 1].map((n) => {
    const layer = { before, n, start, biases: start + before * n, end: start + (before + 1) * n };
    [before, start] = [n, layer.end];
    return layer;
  });
}

/** Return the number of parameters. @param {number[]} hidden */
export const countOf = (hidden) => layersOf(hidden)[hidden.length].end;

/** Return the parameters of other layers, with those of neurons that both have. @param {Float32Array} old
 * @param {number[]} had @param {Float32Array} fresh @param {number[]} has */
export function carriedOver(old, had, fresh, has) {
  const parameters = fresh.slice();
  const before = layersOf(had);
  layersOf(has).forEach((layer, at) => {
    const isOutput = at === has.length;
    const from = isOutput ? before[had.length] : at < had.length ? before[at] : null;
    if (!from || (isOutput && has.length !== had.length)) return;
    for (let j = 0; j < Math.min(layer.n, from.n); j++) {
      for (let k = 0; k < Math.min(layer.before, from.before); k++) {
        parameters[layer.start + layer.before * j + k] = old[from.start + from.before * j + k];
      }
      parameters[layer.biases + j] = old[from.biases + j];
    }
  });
  return parameters;
}

/** Return sigma of z. @param {number} z */
export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // never above 1
  return (z < 0 ? e : 1) / (1 + e);
}

/** @type {Record<Activation, (z: number) => number>} */
export const FUNCTIONS = { step: (z) => (z > 0 ? 1 : 0), sigmoid, tanh: Math.tanh, relu: (z) => (z > 0 ? z : 0) };

/** What each neuron makes of the same points, in arrays that are used again and again. */
export class Answers {
  /** @param {Float64Array} x0 @param {Float64Array} x1 The points. */
  constructor(x0, x1) {
    this.inputs = [x0, x1];
    this.points = x0.length;
    /** @type {Float64Array[][]} z of each neuron of each layer behind the inputs */
    this.z = [];
    /** @type {Float64Array[][]} */
    this.a = [];
  }

  /** Compute z and a of all neurons. @param {number[]} hidden @param {Float32Array} parameters
   * @param {Activation} activation */
  compute(hidden, parameters, activation) {
    const layers = layersOf(hidden);
    this.z.length = this.a.length = layers.length;
    let before = this.inputs;
    layers.forEach((layer, at) => {
      const last = at === layers.length - 1;
      const f = FUNCTIONS[last && activation !== STEP ? "sigmoid" : activation];
      this.z[at] = rows(this.z[at], layer.n, this.points);
      this.a[at] = rows(this.a[at], layer.n, this.points);
      for (let j = 0; j < layer.n; j++) {
        weighted(this.z[at][j], parameters, layer, j, before);
        const [z, a] = [this.z[at][j], this.a[at][j]];
        for (let p = 0; p < this.points; p++) a[p] = f(z[p]);
      }
      before = this.a[at];
    });
    return this;
  }

  /** z of the output neuron. */
  get out() {
    return this.z[this.z.length - 1][0];
  }
}

/** @param {Float64Array[] | undefined} known @param {number} n @param {number} points */
function rows(known, n, points) {
  return known?.length === n ? known : Array.from({ length: n }, () => new Float64Array(points));
}

/** z = sum of w a + b, at all points. @param {Float64Array} z @param {Float32Array} parameters @param {Layer} layer
 * @param {number} j @param {Float64Array[]} before */
function weighted(z, parameters, layer, j, before) {
  z.fill(parameters[layer.biases + j]);
  for (let k = 0; k < layer.before; k++) {
    const w = parameters[layer.start + layer.before * j + k];
    const a = before[k];
    if (w !== 0) for (let p = 0; p < z.length; p++) z[p] += w * a[p];
  }
}

/** Return the mean cross-entropy, and the share of points that are answered rightly. @param {Float64Array} z Of the
 * output neuron. @param {ArrayLike<number>} labels */
export function measured(z, labels) {
  let [cost, right] = [0, 0];
  for (let p = 0; p < z.length; p++) {
    const towards = labels[p] ? z[p] : -z[p]; // C = -ln sigma of it
    cost += Math.log1p(Math.exp(-Math.abs(towards))) + Math.max(0, -towards);
    right += Number(z[p] > 0 === Boolean(labels[p]));
  }
  return { cost: cost / z.length, accuracy: right / z.length };
}
