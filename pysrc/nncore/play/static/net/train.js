/**
 * The book's stochastic gradient descent in JavaScript, for small networks of dense layers (chapters 1 to 3).
 *
 *   BP1  delta = (a - y) sigma'(z) for the quadratic cost, a - y for the others
 *   BP2  delta = (w^T delta) sigma'(z)
 *   BP3  nabla_b = delta
 *   BP4  nabla_w = delta a^T
 *   v <- mu v - eta (nabla / m + lmbda w / n),  w <- w + v     for a mini-batch of m of n examples
 *
 * Given the same examples in the same order, each step is the core's.
 */
import { forward, newLike, output, sizeOf } from "./forward.js";

/**
 * @typedef {import("./forward.js").Reals} Reals
 * @typedef {import("./forward.js").Network} Network
 * @typedef {import("./forward.js").Activation} Activation
 */

/**
 * Examples, row by row.
 * @typedef {object} Examples
 * @property {number} n
 * @property {Reals} x  (n, n_in)
 * @property {Reals} y  (n, n_out), the targets
 */

/**
 * @typedef {object} Settings
 * @property {number} mini_batch_size
 * @property {number} eta
 * @property {number} [lmbda]
 * @property {number} [momentum]
 */

/**
 * The velocities and gradients of a network, one array for each layer. A run keeps them from epoch to epoch.
 * @typedef {{ w: Float64Array, b: Float64Array }} Pair
 * @typedef {{ velocity: Pair[], nabla: Pair[] }} Memory
 */

/**
 * This function returns the memory of a new run: velocities of 0.
 * @param {Network} net
 * @returns {Memory}
 */
export function memoryOf(net) {
  const pairs = () => net.layers.map((layer) => {
    const { w, b, described } = layer;
    const factors = described.dropout || (described.weight_eta_factor ?? 1) !== 1;
    if (!w || !b || layer.type === "Conv2D" || factors) {
      const needed = "only dense layers without dropout are trained here; the core trains all";
      throw new TypeError(`${layer.type}: ${needed}`);
    }
    return { w: new Float64Array(w.length), b: new Float64Array(b.length) };
  });
  return { velocity: pairs(), nabla: pairs() };
}

/**
 * This function trains a network, in place, on the examples in this order, in mini-batches.
 * @param {Network} net
 * @param {Examples} data
 * @param {ArrayLike<number>} order  places of examples; those of one epoch, or of a part of it
 * @param {Settings} settings
 * @param {Memory} memory
 */
export function train(net, data, order, settings, memory) {
  for (let start = 0; start < order.length; start += settings.mini_batch_size) {
    const end = Math.min(order.length, start + settings.mini_batch_size);
    for (const { w, b } of memory.nabla) {
      w.fill(0);
      b.fill(0);
    }
    for (let i = start; i < end; i++) backprop(net, ...example(net, data, order[i]), memory.nabla);
    step(net, settings, memory, end - start, data.n);
  }
}

/**
 * This function returns x and y of an example, as views.
 * @param {Network} net
 * @param {Examples} data
 * @param {number} i
 * @returns {[Reals, Reals]}
 */
function example(net, data, i) {
  const [before, after] = [sizeOf(net.inputShape), sizeOf(net.layers[net.layers.length - 1].shape)];
  return [data.x.subarray(i * before, (i + 1) * before), data.y.subarray(i * after, (i + 1) * after)];
}

/**
 * This function adds the gradient of the cost of one example to nabla.
 * @param {Network} net
 * @param {Reals} x
 * @param {Reals} y
 * @param {Pair[]} nabla
 */
export function backprop(net, x, y, nabla) {
  const a = forward(net, x).layers.map((layer) => layer.a);
  const last = net.layers.length - 1;
  const slope = net.cost === "quadratic" ? net.layers[last].activation : "linear";
  let delta = Float64Array.from(a[last], (each, j) => (each - y[j]) * sigmaPrime(slope, each)); // BP1
  for (let l = last; l >= 0; l--) {
    const before = l > 0 ? a[l - 1] : x;
    const { w, b } = nabla[l];
    for (let j = 0; j < delta.length; j++) {
      b[j] += delta[j]; // BP3
      const row = j * before.length;
      for (let k = 0; k < before.length; k++) w[row + k] += delta[j] * before[k]; // BP4
    }
    if (l > 0) delta = errorBefore(net, l, delta, a[l - 1]);
  }
}

/**
 * BP2: the error of the layer before layers[l].
 * @param {Network} net
 * @param {number} l
 * @param {Float64Array} delta
 * @param {Reals} a  the activations of the layer before
 */
function errorBefore(net, l, delta, a) {
  const w = /** @type {Reals} */ (net.layers[l].w);
  const error = new Float64Array(a.length);
  for (let j = 0; j < delta.length; j++) {
    const row = j * a.length;
    for (let k = 0; k < a.length; k++) error[k] += w[row + k] * delta[j];
  }
  for (let k = 0; k < a.length; k++) error[k] *= sigmaPrime(net.layers[l - 1].activation, a[k]);
  return error;
}

/**
 * sigma'(z), in terms of a.
 * @param {Activation} activation
 * @param {number} a
 */
export function sigmaPrime(activation, a) {
  if (activation === "sigmoid") return a * (1 - a);
  if (activation === "tanh") return 1 - a * a;
  if (activation === "relu") return a > 0 ? 1 : 0;
  return 1;
}

/**
 * This function makes the step of a mini-batch of m of n examples. L2 shrinks the weights, not the biases.
 * @param {Network} net
 * @param {Settings} settings
 * @param {Memory} memory
 * @param {number} m
 * @param {number} n
 */
function step(net, settings, memory, m, n) {
  const { eta, lmbda = 0, momentum = 0 } = settings;
  net.layers.forEach((layer, l) => {
    const [v, nabla] = [memory.velocity[l], memory.nabla[l]];
    move(/** @type {Reals} */ (layer.w), v.w, nabla.w, momentum, eta, m, lmbda / n);
    move(/** @type {Reals} */ (layer.b), v.b, nabla.b, momentum, eta, m, 0);
  });
}

/**
 * v <- mu v - eta (nabla / m + decay p),  p <- p + v
 * @param {Reals} p
 * @param {Float64Array} v
 * @param {Float64Array} nabla
 * @param {number} mu
 * @param {number} eta
 * @param {number} m
 * @param {number} decay
 */
function move(p, v, nabla, mu, eta, m, decay) {
  for (let i = 0; i < p.length; i++) {
    v[i] = mu * v[i] - eta * (nabla[i] / m + decay * p[i]);
    p[i] += v[i];
  }
}

/**
 * This function returns C of some examples: their mean cost, plus lmbda/2n times the sum of the squared w.
 * @param {Network} net
 * @param {Examples} data
 * @param {number} [lmbda]
 */
export function costOf(net, data, lmbda = 0) {
  let sum = 0;
  for (const { w } of net.layers) if (w) for (const each of w) sum += (lmbda / 2) * each * each;
  for (let i = 0; i < data.n; i++) {
    const [x, y] = example(net, data, i);
    const { z, a } = output(net, x);
    sum += costOfOne(net, z, a, y);
  }
  return sum / data.n;
}

/**
 * This function returns the cost of one example, from its output layer.
 * @param {Network} net
 * @param {Reals} z
 * @param {Reals} a
 * @param {Reals} y
 */
export function costOfOne(net, z, a, y) {
  let sum = 0;
  if (net.cost === "quadratic") {
    for (let j = 0; j < a.length; j++) sum += (a[j] - y[j]) ** 2 / 2;
  } else if (net.cost === "cross-entropy") {
    // -y log(a) - (1 - y) log(1 - a), where no logarithm of 0 can come
    for (let j = 0; j < z.length; j++) {
      sum += Math.max(z[j], 0) - z[j] * y[j] + Math.log1p(Math.exp(-Math.abs(z[j])));
    }
  } else {
    const largest = Math.max(...z);
    for (let j = 0; j < z.length; j++) sum += Math.exp(z[j] - largest);
    sum = largest + Math.log(sum);
    for (let j = 0; j < z.length; j++) sum -= y[j] * z[j];
  }
  return sum;
}

/**
 * This function returns unit vectors for labels.
 * @param {ArrayLike<number>} labels
 * @param {number} n_out
 * @param {Reals} like  an array of the type that is wanted
 */
export function targetsOf(labels, n_out, like) {
  const y = newLike(like, labels.length * n_out);
  for (let i = 0; i < labels.length; i++) y[i * n_out + labels[i]] = 1;
  return y;
}

const WHOLE = (1n << 64n) - 1n;

/**
 * This function scrambles the bits of a key: the last step of the generator SplitMix64.
 * @param {bigint} key
 */
function mix(key) {
  let b = key & WHOLE;
  b = ((b ^ (b >> 30n)) * 0xbf58476d1ce4e5b9n) & WHOLE;
  b = ((b ^ (b >> 27n)) * 0x94d049bb133111ebn) & WHOLE;
  return b ^ (b >> 31n);
}

/**
 * This function returns the core's order of n examples in an epoch, drawn from (seed, epoch) alone.
 * @param {number} n
 * @param {number | bigint} seed
 * @param {number} epoch  0 for the first
 * @returns {Uint32Array}
 */
export function shuffled(n, seed, epoch) {
  const key = mix(mix(mix(BigInt(seed)) + BigInt(epoch)));
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const drawn = mix(key + BigInt(i) * 0x9e3779b97f4a7c15n) >> 32n;
    const j = Number((drawn * BigInt(i + 1)) >> 32n);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
