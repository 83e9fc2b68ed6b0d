/** Chapter 4's networks in JavaScript, as `nncore.book.universality` builds them: bumps of one input, towers of two. */

import { sigmoid } from "../net/forward.js";

/** @typedef {(x: number) => number} Goal */

const EVEN = 10000; // points at which a deviation is measured
const AND = 50; // a tower's weight for each step

/** The function that chapter 4 approximates. @param {number} x */
export const book = (x) => 0.2 + 0.4 * x ** 2 + 0.3 * x * Math.sin(15 * x) + 0.05 * Math.cos(50 * x);

/** The z at which a sigmoid neuron has the activation a. @param {number} a */
export const inverseSigmoid = (a) => Math.log(a) - Math.log1p(-a);

/** The function of two inputs that towers approximate. @param {number} x @param {number} y */
export const surface = (x, y) => 0.5 + 0.4 * Math.sin(6 * x) * Math.cos(4 * y);

/** Return points of the unit interval or square, (n, inputs): even, but of no grid. @param {number} inputs */
export function evenly(inputs) {
  let ratio = 2;
  for (let k = 0; k < 50; k++) ratio = (1 + ratio) ** (1 / (inputs + 1)); // the root of ratio^(inputs + 1) = ratio + 1
  return Float64Array.from({ length: EVEN * inputs }, (_, k) => (0.5 + (Math.floor(k / inputs) + 1) * ratio ** -(1 + (k % inputs))) % 1);
}

/** Return the N + 1 edges of N bumps: even, but the outer two are half a width outside. @param {number} N */
function between(N) {
  const edges = Float64Array.from({ length: N + 1 }, (_, k) => k / N);
  edges[0] = -0.5 / N;
  edges[N] = 1 + 0.5 / N;
  return edges;
}

/** Return where the 2N neurons of N bumps step. @param {number} N */
export function edgesOf(N) {
  const edges = between(N);
  return Float64Array.from({ length: 2 * N }, (_, k) => edges[(k + 1) >> 1]);
}

/** A network of one input: 2N steps, and a linear output that reads them in pairs. */
export class Bumps {
  /** @param {number} w @param {ArrayLike<number>} steps Where its neurons step. @param {ArrayLike<number>} heights */
  constructor(w, steps, heights) {
    this.w = w;
    this.biases = Float64Array.from(steps, (s) => -w * s);
    this.heights = Float64Array.from(heights);
  }

  /** Return how far bump k has risen at x. @param {number} k @param {number} x */
  rise(k, x) {
    return sigmoid(this.w * x + this.biases[2 * k]) - sigmoid(this.w * x + this.biases[2 * k + 1]);
  }

  /** @param {number} x */
  output(x) {
    let sum = 0;
    for (let k = 0; k < this.heights.length; k++) {
      sum += this.heights[k] * sigmoid(this.w * x + this.biases[2 * k]) - this.heights[k] * sigmoid(this.w * x + this.biases[2 * k + 1]);
    }
    return sum;
  }
}

/** A network of two inputs: steps along each, and N x N towers, the second input fastest. */
export class Towers {
  /** @param {number} N @param {number} w @param {ArrayLike<number>} heights */
  constructor(N, w, heights) {
    this.N = N;
    this.w = w;
    this.biases = between(N).map((s) => -w * s);
    this.heights = Float64Array.from(heights);
    this.rises = [new Float64Array(N), new Float64Array(N)];
    this.sizes = [2, 2 * (N + 1), N * N, 1];
  }

  /** @param {number} x @param {number} y */
  output(x, y) {
    const { N, heights, rises: [along, across] } = this;
    this.bumps(x, along);
    this.bumps(y, across);
    let sum = 0;
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) sum += heights[i * N + j] * sigmoid(along[i] + across[j] - 1.5 * AND);
    }
    return sum;
  }

  /** Compute what a tower reads of the steps of one input. @param {number} x @param {Float64Array} rises */
  bumps(x, rises) {
    let before = AND * sigmoid(this.w * x + this.biases[0]);
    for (let k = 0; k < this.N; k++) {
      const after = AND * sigmoid(this.w * x + this.biases[k + 1]);
      rises[k] = before - after;
      before = after;
    }
  }
}

/** Return the mean and the largest deviation of a network from its goal. @param {(at: number) => number} off The deviation at a point. */
function measured(off) {
  let [sum, max] = [0, 0];
  for (let at = 0; at < EVEN; at++) {
    const each = Math.abs(off(at));
    sum += each;
    if (each > max) max = each;
  }
  return { mean: sum / EVEN, max };
}

const LINE = evenly(1);
const SQUARE = evenly(2);

/** @param {Goal} output @param {Goal} goal */
export const deviation = (output, goal) => measured((at) => goal(LINE[at]) - output(LINE[at]));

/** @param {(x: number, y: number) => number} output @param {(x: number, y: number) => number} goal */
export const deviationOfTwo = (output, goal) => measured((at) => goal(SQUARE[2 * at], SQUARE[2 * at + 1]) - output(SQUARE[2 * at], SQUARE[2 * at + 1]));
