/**
 * The core's forward pass in JavaScript: every z and a of one example (the book's chapters 1 and 6).
 *
 *   dense        z[j] = b[j] + sum of w[j, k] a[k] over k
 *   convolution  z[f, y, x] = b[f] + sum of w[f, k, t, c] a[k, y + t, x + c] over k, t, c
 *   max-pooling  a[k, y, x] = the largest activation of window (y, x) of map k
 *
 * Sums are float64; z and a are kept in the type of the parameters. So the outputs of a float32 network
 * differ from the core's by the core's own rounding.
 */

/**
 * @typedef {Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>} Reals
 * @typedef {Reals & { shape: number[] }} Shaped  an array with its shape, in the order of NumPy
 * @typedef {"sigmoid" | "tanh" | "relu" | "linear" | "softmax"} Activation
 * @typedef {"quadratic" | "cross-entropy" | "log-likelihood"} Cost
 */

/**
 * What a file says of a layer, under Python's names.
 * @typedef {object} Described
 * @property {"Dense" | "Softmax" | "Conv2D" | "MaxPool2D"} type
 * @property {number} [n]
 * @property {Activation} [activation]
 * @property {number} [filters]
 * @property {number[]} [kernel_size]  height and width
 * @property {"valid" | "same"} [padding]
 * @property {number[]} [size]  height and width of a window
 * @property {number} [dropout]
 * @property {number} [weight_eta_factor]
 */

/**
 * A layer with its parameters; a pooling layer has none.
 * @typedef {object} Layer
 * @property {Described["type"]} type
 * @property {Activation} activation
 * @property {number[]} before  the shape of the activations before: [n] or [channels, height, width]
 * @property {number[]} shape  the shape of its own
 * @property {number[]} window  height and width of a filter or of a window; [] of a dense layer
 * @property {boolean} same  whether a border of zeros keeps the size of the maps
 * @property {Reals | null} w  (n_out, n_in) or (filters, channels, height, width), row by row
 * @property {Reals | null} b
 * @property {Described} described
 */

/**
 * @typedef {object} Network
 * @property {number[]} inputShape
 * @property {Layer[]} layers
 * @property {Cost} cost
 */

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);

/**
 * This function gives an array its shape.
 * @template {object} T
 * @param {T} array
 * @param {number[]} shape
 * @returns {T & { shape: number[] }}
 */
export const shaped = (array, shape) => Object.assign(array, { shape });

/**
 * This function joins the description of a network and its parameters.
 * @param {{ layers: Described[], input_shape: number[], cost: Cost }} description
 * @param {Reals[]} weights  one array for each layer that has parameters
 * @param {Reals[]} biases
 * @returns {Network}
 */
export function networkOf(description, weights, biases) {
  let before = description.input_shape;
  let next = 0;
  const layers = description.layers.map((described) => {
    const shape = shapeAfter(described, before);
    const has = described.type !== "MaxPool2D";
    const layer = {
      type: described.type,
      activation: described.type === "Softmax" ? "softmax" : (described.activation ?? "linear"),
      before,
      shape,
      window: described.kernel_size ?? described.size ?? [],
      same: described.padding === "same",
      w: has ? weights[next] : null,
      b: has ? biases[next++] : null,
      described,
    };
    before = shape;
    return /** @type {Layer} */ (layer);
  });
  return { inputShape: description.input_shape, layers, cost: description.cost };
}

/**
 * This function returns the shape of a layer's activations, from the shape before.
 * @param {Described} layer
 * @param {number[]} before
 * @returns {number[]}
 */
export function shapeAfter(layer, before) {
  if (layer.type === "Dense" || layer.type === "Softmax") return [layer.n ?? 0];
  const [channels, height, width] = before;
  const [t, c] = layer.kernel_size ?? layer.size ?? [1, 1];
  if (layer.type === "MaxPool2D") return [channels, Math.floor(height / t), Math.floor(width / c)];
  const filters = layer.filters ?? 0;
  return layer.padding === "same" ? [filters, height, width] : [filters, height - t + 1, width - c + 1];
}

/**
 * This function returns the shape of a layer's weights, or null if it has none.
 * @param {Described} layer
 * @param {number[]} before
 * @returns {number[] | null}
 */
export function weightShape(layer, before) {
  if (layer.type === "MaxPool2D") return null;
  if (layer.type === "Conv2D") return [layer.filters ?? 0, before[0], ...(layer.kernel_size ?? [])];
  return [layer.n ?? 0, sizeOf(before)];
}

/**
 * This function computes z and a of every layer for one example x. A pooling layer has no z.
 * @param {Network} net
 * @param {ArrayLike<number>} x
 * @returns {{ layers: { z: Shaped | null, a: Shaped }[] }}
 */
export function forward(net, x) {
  if (x.length !== sizeOf(net.inputShape)) {
    throw new RangeError(`pixels: ${sizeOf(net.inputShape)} numbers needed, got ${x.length}`);
  }
  let seen = x;
  const layers = net.layers.map((layer) => {
    const isPool = layer.type === "MaxPool2D";
    const { z, a } = isPool ? { z: null, a: pooled(layer, seen) } : activated(layer, seen);
    seen = a;
    return { z: z && shaped(z, layer.shape), a: shaped(a, layer.shape) };
  });
  return { layers };
}

/**
 * This function returns z and a of the output layer for one example x.
 * @param {Network} net
 * @param {ArrayLike<number>} x
 * @returns {{ z: Reals, a: Reals }}
 */
export function output(net, x) {
  const { layers } = forward(net, x);
  const { z, a } = layers[layers.length - 1];
  return { z: z ?? a, a };
}

/**
 * This function computes z and a of a layer that has parameters.
 * @param {Layer} layer
 * @param {ArrayLike<number>} seen  the activations before
 * @returns {{ z: Reals, a: Reals }}
 */
function activated(layer, seen) {
  const { w, b } = layer;
  if (!w || !b) throw new TypeError(`a layer ${layer.type} without parameters`);
  const z = newLike(b, sizeOf(layer.shape));
  if (layer.type === "Conv2D") convolve(layer, w, b, seen, z);
  else multiply(w, b, seen, z);
  const a = z.slice();
  activate(layer.activation, a);
  return { z, a };
}

/**
 * This function returns zeros of the type of another array.
 * @param {ArrayLike<number>} array
 * @param {number} n
 * @returns {Reals}
 */
export function newLike(array, n) {
  return array instanceof Float64Array ? new Float64Array(n) : new Float32Array(n);
}

/**
 * z = w a + b. Activations that are zero, such as most pixels of a digit, are passed over.
 * @param {Reals} w
 * @param {Reals} b
 * @param {ArrayLike<number>} a
 * @param {Reals} z
 */
function multiply(w, b, a, z) {
  const n = a.length;
  const where = new Uint32Array(n);
  let lit = 0;
  for (let k = 0; k < n; k++) if (a[k] !== 0) where[lit++] = k;
  for (let j = 0; j < b.length; j++) {
    let sum = b[j];
    const row = j * n;
    for (let i = 0; i < lit; i++) sum += w[row + where[i]] * a[where[i]];
    z[j] = sum;
  }
}

/**
 * z[f, y, x] = b[f] + sum of w[f, k, t, c] a[k, y + t, x + c]; outside of the maps a is 0.
 * @param {Layer} layer
 * @param {Reals} w
 * @param {Reals} b
 * @param {ArrayLike<number>} a
 * @param {Reals} z
 */
function convolve(layer, w, b, a, z) {
  const [channels, height, width] = layer.before;
  const [filters, down, across] = layer.shape;
  const [rows, cols] = layer.window;
  const top = layer.same ? (rows - 1) >> 1 : 0;
  const left = layer.same ? (cols - 1) >> 1 : 0;
  const sums = new Float64Array(down * across);
  let next = 0;
  for (let f = 0; f < filters; f++) {
    sums.fill(b[f]);
    for (let k = 0; k < channels; k++) {
      for (let t = 0; t < rows; t++) {
        for (let c = 0; c < cols; c++) {
          const weight = w[next++];
          const first = Math.max(0, left - c);
          const end = Math.min(across, width + left - c);
          for (let y = Math.max(0, top - t); y < Math.min(down, height + top - t); y++) {
            const source = (k * height + y + t - top) * width + c - left;
            const target = y * across;
            for (let x = first; x < end; x++) sums[target + x] += weight * a[source + x];
          }
        }
      }
    }
    z.set(sums, f * down * across);
  }
}

/**
 * This function keeps the largest activation of each window.
 * @param {Layer} layer
 * @param {ArrayLike<number>} seen
 * @returns {Reals}
 */
function pooled(layer, seen) {
  const [channels, down, across] = layer.shape;
  const [, height, width] = layer.before;
  const [rows, cols] = layer.window;
  const a = newLike(seen, sizeOf(layer.shape));
  let next = 0;
  for (let k = 0; k < channels; k++) {
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        let largest = -Infinity;
        for (let t = 0; t < rows; t++) {
          const row = (k * height + y * rows + t) * width + x * cols;
          for (let c = 0; c < cols; c++) if (seen[row + c] > largest) largest = seen[row + c];
        }
        a[next++] = largest;
      }
    }
  }
  return a;
}

/** @param {number} z */
export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // never above 1
  return (z < 0 ? e : 1) / (1 + e);
}

/**
 * This function replaces each z of an array by its activation.
 * @param {Activation} activation
 * @param {Reals} z
 */
export function activate(activation, z) {
  if (activation === "softmax") return softmax(z);
  if (activation === "linear") return;
  const sigma = { sigmoid, tanh: Math.tanh, relu: (/** @type {number} */ t) => (t < 0 ? 0 : t) }[activation];
  if (!sigma) throw new TypeError(`activation: one that the core has needed, got ${activation}`);
  for (let j = 0; j < z.length; j++) z[j] = sigma(z[j]);
}

/**
 * z -> exp(z_j) / sum_k exp(z_k), in place. The largest z is subtracted first, which changes no ratio.
 * @param {Reals} z
 */
export function softmax(z) {
  let largest = -Infinity;
  for (let j = 0; j < z.length; j++) largest = Math.max(largest, z[j]);
  const powers = Float64Array.from(z, (each) => Math.exp(each - largest));
  const total = powers.reduce((sum, each) => sum + each, 0);
  for (let j = 0; j < z.length; j++) z[j] = powers[j] / total;
}

/**
 * This function returns the index of the largest output, the first one if several are equal.
 * @param {ArrayLike<number>} a
 */
export function largestOf(a) {
  let best = 0;
  for (let j = 1; j < a.length; j++) if (a[j] > a[best]) best = j;
  return best;
}
