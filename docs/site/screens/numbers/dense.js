/**
 * A network of dense layers whose parameters are one row of numbers, and its training in portions: for small networks
 * that are trained while one watches. The equations are those of net/train.js; here the arrays are made once.
 *
 * The row has w (row by row) and b of the first layer, then of the next. It is a Float32Array where the core's network
 * is float32: sums are float64 here, and each step rounds its parameters.
 */

import { sigmoid, softmax } from "../net/forward.js";
import { sigmaPrime } from "../net/train.js";
import { shuffled } from "./order.js";

/**
 * @typedef {import("../net/forward.js").Activation} Activation
 * @typedef {import("../net/forward.js").Reals} Reals
 * @typedef {"sgd" | "momentum" | "nesterov" | "adam"} Rule
 * @typedef {{ n: number, x: Reals, y: Reals }} Examples Row by row.
 * @typedef {{ eta: number, lmbda: number, mini_batch_size: number, rule: Rule, mu: number }} Settings
 */

/** A layer in the row: weight (j, k) is at `start + before * j + k`, bias j at `biases + j`.
 * @typedef {{ before: number, n: number, start: number, biases: number, end: number, activation: Activation }} Layer */

/** @type {Record<string, (z: number) => number>} */
const FUNCTIONS = { sigmoid, tanh: Math.tanh, relu: (z) => (z < 0 ? 0 : z) };
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const FAR_TOO_LARGE = { adam: [10, 0.001], other: [100, 0.1] }; // an eta, and what to try in its place

export class Dense {
  /**
   * @param {number[]} sizes From the inputs to the outputs. @param {Activation[]} activations Of each layer behind the inputs.
   * @param {"quadratic" | "other"} cost Of the others it is known that their delta is a - y.
   * @param {"float32" | "float64"} dtype
   */
  constructor(sizes, activations, cost, dtype) {
    this.cost = cost;
    let start = 0;
    /** @type {Layer[]} */
    this.layers = activations.map((activation, l) => {
      const [before, n] = [sizes[l], sizes[l + 1]];
      const layer = { before, n, start, biases: start + before * n, end: start + (before + 1) * n, activation };
      start = layer.end;
      return layer;
    });
    this.parameters = dtype === "float32" ? new Float32Array(start) : new Float64Array(start);
    this.a = this.layers.map(({ n }) => new Float64Array(n));
    this.delta = this.layers.map(({ n }) => new Float64Array(n));
    this.nabla = new Float64Array(start);
  }

  /** Return the outputs for the example at `row` of some examples; the array is used again. @param {ArrayLike<number>} x @param {number} row */
  outputs(x, row) {
    const p = this.parameters;
    for (let l = 0; l < this.layers.length; l++) {
      const { before, n, start, biases, activation } = this.layers[l];
      const [seen, first] = l ? [this.a[l - 1], 0] : [x, row * before];
      const a = this.a[l];
      for (let j = 0; j < n; j++) {
        let sum = p[biases + j];
        const weights = start + before * j;
        for (let k = 0; k < before; k++) sum += p[weights + k] * seen[first + k];
        a[j] = sum;
      }
      if (activation === "softmax") softmax(a);
      else if (activation !== "linear") {
        const sigma = FUNCTIONS[activation];
        for (let j = 0; j < n; j++) a[j] = sigma(a[j]);
      }
    }
    return this.a[this.a.length - 1];
  }

  /** Add the gradient of the cost of one example to nabla. @param {Examples} data @param {number} row */
  backprop({ x, y }, row) {
    const { layers, nabla, parameters: p } = this;
    const last = layers.length - 1;
    const a = this.outputs(x, row);
    const slope = this.cost === "quadratic" ? layers[last].activation : "linear";
    for (let j = 0; j < a.length; j++) this.delta[last][j] = (a[j] - y[row * a.length + j]) * sigmaPrime(slope, a[j]); // BP1
    for (let l = last; l >= 0; l--) {
      const { before, n, start, biases } = layers[l];
      const delta = this.delta[l];
      const [seen, first] = l ? [this.a[l - 1], 0] : [x, row * before];
      for (let j = 0; j < n; j++) {
        const weights = start + before * j;
        nabla[biases + j] += delta[j]; // BP3
        for (let k = 0; k < before; k++) nabla[weights + k] += delta[j] * seen[first + k]; // BP4
      }
      if (l > 0) {
        const error = this.delta[l - 1].fill(0);
        for (let j = 0; j < n; j++) {
          const weights = start + before * j;
          for (let k = 0; k < before; k++) error[k] += p[weights + k] * delta[j]; // BP2
        }
        for (let k = 0; k < before; k++) error[k] *= sigmaPrime(layers[l - 1].activation, this.a[l - 1][k]);
      }
    }
  }
}

/** Steps train a network in portions while settings change, as `nn.Steps` does. */
export class Steps {
  /**
   * @param {Dense} net @param {Examples} data @param {Settings} settings They may be changed at any moment.
   * @param {number} seed @param {number} [epochs] For how many the network was trained before.
   */
  constructor(net, data, settings, seed, epochs = 0) {
    this.net = net;
    this.data = data;
    this.settings = settings;
    this.seed = seed;
    this.epochs = epochs;
    this.seconds = 0;
    this.done = data.n; // examples of the epoch that has begun
    const count = net.parameters.length;
    this.v = new Float64Array(count);
    this.s = new Float64Array(settings.rule === "adam" ? count : 0);
    this.steps = 0; // of Adam
    this.order = new Uint32Array(0);
    this.isWeight = new Uint8Array(count);
    for (const { start, biases } of net.layers) this.isWeight.fill(1, start, biases);
    this.start = this.memory();
    /** What is done to the parameters after every mini-batch. @type {() => void} */
    this.after = () => {};
  }

  memory() {
    return { parameters: this.net.parameters.slice(), v: this.v.slice(), s: this.s.slice(), steps: this.steps };
  }

  get whole() {
    return this.done === 0 || this.done === this.data.n;
  }

  /** Train on the next mini-batch. */
  oneStep() {
    this.timed(() => this.step());
  }

  /** Train until the epoch ends, a whole one or what is left of it. */
  oneEpoch() {
    this.timed(() => {
      do this.step(); while (this.done < this.data.n);
    });
  }

  /** @param {() => void} train */
  timed(train) {
    const begun = performance.now();
    try {
      train();
    } finally {
      this.seconds += (performance.now() - begun) / 1000;
    }
    if (!this.net.parameters.every(Number.isFinite)) this.diverge();
  }

  step() {
    const { net, data, settings } = this;
    if (this.done === data.n) {
      this.order = shuffled(data.n, this.seed, this.epochs);
      this.done = 0;
      this.start = this.memory();
    }
    const end = Math.min(data.n, this.done + settings.mini_batch_size);
    net.nabla.fill(0);
    for (let i = this.done; i < end; i++) net.backprop(data, this.order[i]);
    this.move(end - this.done);
    this.after();
    this.done = end;
    if (end < data.n) return;
    if (!net.parameters.every(Number.isFinite)) this.diverge();
    this.epochs += 1;
  }

  /** Make the step of a mini-batch of m examples. L2 shrinks the weights, not the biases. @param {number} m */
  move(m) {
    const { v, s, isWeight } = this;
    const { parameters: p, nabla } = this.net;
    const { eta, lmbda, rule, mu } = this.settings;
    const decay = lmbda / this.data.n;
    this.steps += 1;
    const [first, second] = [1 / (1 - ADAM.beta1 ** this.steps), 1 / (1 - ADAM.beta2 ** this.steps)];
    for (let i = 0; i < p.length; i++) {
      const gradient = nabla[i] / m + (isWeight[i] ? decay * p[i] : 0);
      if (rule === "adam") {
        v[i] = ADAM.beta1 * v[i] + (1 - ADAM.beta1) * gradient;
        s[i] = ADAM.beta2 * s[i] + (1 - ADAM.beta2) * gradient * gradient;
        p[i] -= (eta * first * v[i]) / (Math.sqrt(second * s[i]) + ADAM.epsilon);
      } else {
        v[i] = mu * v[i] - eta * gradient;
        p[i] += rule === "nesterov" ? mu * v[i] - eta * gradient : v[i];
      }
    }
  }

  /** Put everything back to the start of the epoch, and say why. */
  diverge() {
    const { parameters, v, s, steps } = this.start;
    this.net.parameters.set(parameters);
    [this.v, this.s, this.steps, this.done] = [v, s, steps, this.data.n];
    const [largest, usual] = FAR_TOO_LARGE[this.settings.rule === "adam" ? "adam" : "other"];
    const { eta, lmbda } = this.settings;
    const decay = (eta * lmbda) / this.data.n;
    const cause = eta > largest ? `eta = ${eta} is far too large for any data; try ${usual}`
      : decay > 2 ? `eta lmbda/n = ${Number(decay.toPrecision(3))} flips the sign of the weights at every step; lower lmbda`
        : `eta = ${eta} is probably too large for this network and its data; try a tenth of it`;
    throw new RangeError(`epoch ${this.epochs}: the parameters left the finite numbers; ${cause}. The network is as it was at the start of this epoch.`);
  }
}
