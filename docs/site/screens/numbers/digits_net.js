/**
 * A network of dense layers that reads digits, and its training, float32 as the core's. Most pixels of a digit are 0, so
 * the first layer reads the others alone. Sums are float64 here, and each step rounds its parameters.
 */

import { sigmoid } from "../net/forward.js";
import { costOfOne, sigmaPrime } from "../net/train.js";
import { Random } from "./random.js";

/** @typedef {"sigmoid" | "tanh" | "relu"} Activation */
/** @typedef {"quadratic" | "cross-entropy"} Cost */
/** @typedef {"scaled" | "large" | "he" | "glorot" | "zeros"} Init */

/** @type {Record<string, (z: number) => number>} */
const FUNCTIONS = { sigmoid, tanh: Math.tanh, relu: (z) => (z < 0 ? 0 : z) };

export const ACTIVATIONS = /** @type {const} */ (["sigmoid", "tanh", "relu"]);
export const COSTS = /** @type {const} */ (["quadratic", "cross-entropy"]);
export const INITS = /** @type {const} */ (["scaled", "large", "he", "glorot", "zeros"]);

/** A layer: w is (before, n) here, so that the weights of one input stand together. v is the velocity of momentum.
 * @typedef {{ before: number, n: number, activation: Activation, w: Float32Array<ArrayBuffer>, b: Float32Array<ArrayBuffer>,
 *   z: Float64Array<ArrayBuffer>, a: Float64Array<ArrayBuffer>, delta: Float64Array, nabla_w: Float64Array, nabla_b: Float64Array,
 *   v_w: Float64Array, v_b: Float64Array }} Layer */

export class DigitsNet {
  /**
   * @param {number[]} sizes @param {Activation} activation Of the hidden layers; the output is sigmoid.
   * @param {Cost} cost @param {Init} init @param {number} seed
   */
  constructor(sizes, activation, cost, init, seed) {
    this.cost = cost;
    /** @type {Layer[]} */
    this.layers = sizes.slice(1).map((n, l) => {
      const count = sizes[l] * n;
      return {
        before: sizes[l], n, activation: l + 2 < sizes.length ? activation : "sigmoid", w: new Float32Array(count), b: new Float32Array(n),
        z: new Float64Array(n), a: new Float64Array(n), delta: new Float64Array(n), nabla_w: new Float64Array(count), nabla_b: new Float64Array(n),
        v_w: new Float64Array(count), v_b: new Float64Array(n),
      };
    });
    this.target = new Float64Array(sizes[sizes.length - 1]);
    this.begin(init, new Random(seed));
  }

  /** Draw the first parameters in the core's order: all biases, then all weights. @param {Init} init @param {Random} random */
  begin(init, random) {
    if (init === "scaled" || init === "large") for (const { b, n } of this.layers) b.set(random.normal(n));
    if (init === "zeros") return;
    for (const { w, before, n } of this.layers) {
      const drawn = init === "glorot" ? random.uniform(-1, 1, n * before) : random.normal(n * before);
      const factor = { scaled: 1 / Math.sqrt(before), large: 1, he: Math.sqrt(2 / before), glorot: Math.sqrt(6 / (before + n)) }[init];
      for (let j = 0; j < n; j++) for (let k = 0; k < before; k++) w[k * n + j] = drawn[j * before + k] * factor;
    }
  }

  /** Return the outputs for a digit; the array is used again. @param {Digits} digits @param {number} i */
  forward(digits, i) {
    const { where, values, begins } = digits;
    for (let l = 0; l < this.layers.length; l++) {
      const { z, a, b, w, before, activation } = this.layers[l];
      z.set(b);
      if (l === 0) for (let at = begins[i]; at < begins[i + 1]; at++) add(z, w, where[at], values[at]);
      else for (let k = 0; k < before; k++) add(z, w, k, this.layers[l - 1].a[k]);
      a.set(z);
      for (let j = 0; j < a.length; j++) a[j] = FUNCTIONS[activation](a[j]);
    }
    return this.layers[this.layers.length - 1].a;
  }

  /** Compute the sums of the gradients over some examples. @param {Digits} digits @param {ArrayLike<number>} order @param {number} from @param {number} to */
  gradient(digits, order, from, to) {
    for (const { nabla_w, nabla_b } of this.layers) {
      nabla_w.fill(0);
      nabla_b.fill(0);
    }
    for (let at = from; at < to; at++) {
      this.forward(digits, order[at]);
      this.backward(digits, order[at]);
    }
  }

  /** @param {Digits} digits @param {number} i */
  backward(digits, i) {
    const last = this.layers.length - 1;
    const { a, delta, activation: own } = this.layers[last];
    for (let j = 0; j < a.length; j++) {
      delta[j] = a[j] - (j === digits.labels[i] ? 1 : 0); // BP1
      if (this.cost === "quadratic") delta[j] *= sigmaPrime(own, a[j]);
    }
    for (let l = last; l >= 0; l--) {
      const { delta: error, n, w, nabla_b, nabla_w } = this.layers[l];
      for (let j = 0; j < n; j++) nabla_b[j] += error[j]; // BP3
      if (l === 0) {
        for (let at = digits.begins[i]; at < digits.begins[i + 1]; at++) add(error, nabla_w, digits.where[at], digits.values[at], true); // BP4
        return;
      }
      const { a: seen, delta: before, activation } = this.layers[l - 1];
      for (let k = 0; k < seen.length; k++) {
        let sum = 0;
        const row = k * n;
        for (let j = 0; j < n; j++) {
          sum += w[row + j] * error[j]; // BP2
          nabla_w[row + j] += error[j] * seen[k]; // BP4
        }
        before[k] = sum * sigmaPrime(activation, seen[k]);
      }
    }
  }

  /** Return the length of each layer's mean gradient by its biases: how fast it learns. @param {number} n How many examples were summed. */
  speeds(n) {
    return this.layers.map(({ nabla_b }) => Math.sqrt(nabla_b.reduce((sum, each) => sum + (each / n) ** 2, 0)));
  }

  /** Make the step of a mini-batch of m of n examples. L2 shrinks the weights, not the biases.
   * @param {number} m @param {number} n @param {number} eta @param {number} lmbda @param {number} mu The momentum. */
  step(m, n, eta, lmbda, mu) {
    for (const { w, b, nabla_w, nabla_b, v_w, v_b } of this.layers) {
      move(w, v_w, nabla_w, mu, eta / m, (eta * lmbda) / n);
      move(b, v_b, nabla_b, mu, eta / m, 0);
    }
  }

  /** Return the mean cost of digits, and the share that is answered rightly. @param {Digits} digits @param {number} lmbda */
  measure(digits, lmbda) {
    let sum = 0;
    let right = 0;
    for (const { w } of this.layers) for (let at = 0; at < w.length; at++) sum += (lmbda / 2) * w[at] * w[at];
    const { z } = this.layers[this.layers.length - 1];
    for (let i = 0; i < digits.n; i++) {
      const a = this.forward(digits, i);
      let best = 0;
      for (let j = 1; j < a.length; j++) if (a[j] > a[best]) best = j;
      right += best === digits.labels[i] ? 1 : 0;
      this.target.fill(0);
      this.target[digits.labels[i]] = 1;
      sum += costOfOne(/** @type {any} */ (this), z, a, this.target);
    }
    return { cost: sum / digits.n, accuracy: right / digits.n };
  }

  /** Return all parameters and velocities, to go back to. */
  memory() {
    return this.layers.map(({ w, b, v_w, v_b }) => ({ w: w.slice(), b: b.slice(), v_w: v_w.slice(), v_b: v_b.slice() }));
  }

  /** @param {ReturnType<DigitsNet["memory"]>} memory */
  goBack(memory) {
    this.layers.forEach((layer, l) => {
      layer.w.set(memory[l].w);
      layer.b.set(memory[l].b);
      layer.v_w.set(memory[l].v_w);
      layer.v_b.set(memory[l].v_b);
    });
  }

  isFinite() {
    return this.layers.every(({ w, b }) => b.every(Number.isFinite) && w.every(Number.isFinite));
  }
}

/** sums <- sums + w[k] value, of an input and the weights from it; or, if `back`, w[k] <- w[k] + sums value.
 * @param {Float64Array} sums @param {Float32Array | Float64Array} w @param {number} k @param {number} value @param {boolean} [back] */
function add(sums, w, k, value, back = false) {
  const row = k * sums.length;
  if (back) for (let j = 0; j < sums.length; j++) w[row + j] += sums[j] * value;
  else for (let j = 0; j < sums.length; j++) sums[j] += w[row + j] * value;
}

/** v <- mu v - (eta/m) nabla - decay p,  p <- p + v
 * @param {Float32Array} p @param {Float64Array} v @param {Float64Array} nabla @param {number} mu @param {number} eta @param {number} decay */
function move(p, v, nabla, mu, eta, decay) {
  if (mu === 0) {
    for (let at = 0; at < p.length; at++) p[at] -= eta * nabla[at] + decay * p[at];
    return;
  }
  for (let at = 0; at < p.length; at++) {
    v[at] = mu * v[at] - eta * nabla[at] - decay * p[at];
    p[at] += v[at];
  }
}

/** Digits as lists of the pixels that are not 0. */
export class Digits {
  /** @param {Uint8Array} images @param {ArrayLike<number>} labels */
  constructor(images, labels) {
    this.n = labels.length;
    this.labels = labels;
    const size = images.length / this.n;
    const lit = images.reduce((count, byte) => count + (byte ? 1 : 0), 0);
    this.where = new Uint16Array(lit);
    this.values = new Float64Array(lit);
    this.begins = new Uint32Array(this.n + 1);
    this.all = Uint32Array.from({ length: this.n }, (_, i) => i);
    let at = 0;
    images.forEach((byte, place) => {
      if (place % size === 0) this.begins[place / size] = at;
      if (!byte) return;
      this.where[at] = place % size;
      this.values[at++] = byte / 256;
    });
    this.begins[this.n] = at;
  }
}
