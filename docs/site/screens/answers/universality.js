/** Universality, answered in the page as play/screens/universality.py and universality_attempt.py answer it. */

import { shaped } from "../net/forward.js";
import { book, Bumps, deviation, deviationOfTwo, edgesOf, inverseSigmoid, surface, Towers } from "../numbers/bumps.js";
import { real, reals, whole } from "../numbers/checks.js";
import { Dense, Steps } from "../numbers/dense.js";
import { bestHeights } from "../numbers/heights.js";
import { FRAME, inPortions } from "../numbers/pace.js";
import { Random } from "../numbers/random.js";

/** @typedef {(x: number) => number} Goal */

const MOST_BUMPS = 200;
const MOST_TOWERS = 12; // along each input
const DRAWN = 101; // points of a reader's function
const CURVE = 801; // points of a curve that the screen draws
const MESH = 61; // points along each side of a surface
const TALLEST = 10;
const [FLATTEST, STEEPEST] = [1, 1e6]; // w
const EXAMPLES = { 1: 200, 2: 21 }; // along each input, by the number of inputs
const EPOCHS = { 1: 3000, 2: 1000 };
const ETA = { 1: 0.1, 2: 0.05 };
const SOFT = { 1: 2, 2: 8 }; // how steep the first steps are; with one input, times the number of neurons
const SHARE = 10; // from one frame to the next pass so many times the milliseconds that one takes

/** @param {number} rows */
const mesh = (rows) => Float64Array.from({ length: rows }, (_, k) => k / (rows - 1));

/** @param {import("../hosts/site.js").Site} site */
export function answersOf({ push }) {
  /** @type {Attempt | null} */
  let attempt = null;
  let attempts = 0;
  const stop = () => {
    attempt?.stop();
    return {};
  };
  return {
    curve,
    surface: towers,
    stop,
    sgd: (/** @type {any} */ { N, inputs = 1, own }) => {
      stop();
      const one = whole("inputs", inputs, 1, 2) === 1;
      const count = whole("N", N, 1, one ? MOST_BUMPS : MOST_TOWERS);
      const neurons = one ? 2 * count : 2 * (count + 1) + count * count;
      attempt = new Attempt(++attempts, neurons, one ? goalOf(own) : null, push);
      attempt.train();
      return { attempt: attempt.number, neurons, epochs: attempt.epochs };
    },
  };
}

/** Return a network of N bumps, what it computes, and how far it is from its goal. @param {any} given */
function curve(given) {
  const [N, w, goal] = [whole("N", given.N, 1, MOST_BUMPS), real("w", given.w, FLATTEST, STEEPEST), goalOf(given.own)];
  const steps = given.steps ? Float64Array.from(reals("steps", given.steps, 2 * N, -1, 2)) : edgesOf(N);
  const middle = (/** @type {number} */ k) => {
    const [left, right] = [steps[2 * k], steps[2 * k + 1]].map((s) => Math.max(0, Math.min(1, s)));
    return given.steps ? (left + right) / 2 : (k + 0.5) / N;
  };
  const usual = Float64Array.from({ length: N }, (_, k) => goal(middle(k)));
  let net = new Bumps(w, steps, given.heights ? reals("heights", given.heights, N, -TALLEST, TALLEST) : usual);
  if (!given.heights && given.best) net = new Bumps(w, steps, bestHeights(net, steps, goal));
  const x = mesh(CURVE);
  const output = (/** @type {number} */ at) => net.output(at);
  return { steps, heights: net.heights, goal: x.map(goal), output: x.map(output), ...deviation(output, goal) };
}

/** Return a network of N x N towers, what it computes, and how far it is from its goal. @param {any} given */
function towers(given) {
  const [N, w] = [whole("N", given.N, 1, MOST_TOWERS), real("w", given.w, FLATTEST, STEEPEST)];
  const usual = Float64Array.from({ length: N * N }, (_, k) => surface((Math.floor(k / N) + 0.5) / N, ((k % N) + 0.5) / N));
  const net = new Towers(N, w, given.heights ? reals("heights", given.heights, N * N, -TALLEST, TALLEST) : usual);
  const output = (/** @type {number} */ x, /** @type {number} */ y) => net.output(x, y);
  const points = square(mesh(MESH));
  const over = (/** @type {(x: number, y: number) => number} */ f) =>
    shaped(Float64Array.from({ length: MESH * MESH }, (_, k) => f(points[2 * k], points[2 * k + 1])), [MESH, MESH]);
  return { heights: shaped(net.heights, [N, N]), goal: over(surface), output: over(output), sizes: net.sizes, ...deviationOfTwo(output, surface) };
}

/** Return the points of the square with these coordinates, the second input fastest. @param {Float64Array} side */
function square(side) {
  const n = side.length;
  return Float64Array.from({ length: 2 * n * n }, (_, k) => side[k % 2 ? (k >> 1) % n : Math.floor((k >> 1) / n)]);
}

/** Return the reader's function, or the book's goal if there is none. @param {unknown} own @returns {Goal} */
function goalOf(own) {
  if (own === undefined || own === null) return (x) => inverseSigmoid(book(x));
  const points = Float64Array.from(reals("own", own, DRAWN, -TALLEST, TALLEST));
  const places = mesh(DRAWN);
  return (x) => {
    if (x <= 0) return points[0];
    if (x >= 1) return points[DRAWN - 1];
    let k = Math.min(DRAWN - 2, Math.floor(x * (DRAWN - 1)));
    if (places[k] > x) k -= 1;
    else if (places[k + 1] <= x) k += 1;
    return ((points[k + 1] - points[k]) / (places[k + 1] - places[k])) * (x - places[k]) + points[k];
  };
}

/** SGD's try at a function that a network was built for by hand. */
class Attempt {
  /** @param {number} number @param {number} neurons @param {Goal | null} goal Of one input; null is the goal of two.
   * @param {(name: string, frame: unknown) => void} push */
  constructor(number, neurons, goal, push) {
    this.number = number;
    this.neurons = neurons;
    this.goal = goal;
    this.push = push;
    this.stopped = false;
    this.error = "";
    const inputs = goal ? 1 : 2;
    this.epochs = EPOCHS[inputs];
    this.net = softSteps(inputs, neurons);
    const side = Float64Array.from({ length: EXAMPLES[inputs] }, (_, k) => (k + 0.5) / EXAMPLES[inputs]);
    const x = goal ? side : square(side);
    const n = x.length / inputs;
    const y = Float64Array.from({ length: n }, (_, i) => (goal ? goal(x[i]) : surface(x[2 * i], x[2 * i + 1])));
    const settings = /** @type {const} */ ({ eta: (10 * ETA[inputs]) / Math.max(10, neurons), lmbda: 0, rule: "momentum", mu: 0.9, mini_batch_size: 10 });
    this.steps = new Steps(this.net, { n, x, y }, settings, 1);
    this.points = goal ? mesh(CURVE) : square(mesh(MESH));
    this.due = performance.now() + FRAME;
  }

  stop() {
    this.stopped = true;
  }

  async train() {
    await inPortions(() => {
      if (this.stopped || this.error || this.steps.epochs >= this.epochs) return false;
      try {
        this.steps.oneEpoch();
      } catch (error) {
        this.error = /** @type {Error} */ (error).message;
      }
      if (performance.now() > this.due) this.show(true);
      return true;
    });
    this.show(false);
  }

  /** @param {boolean} running */
  show(running) {
    const begun = performance.now();
    const output = (/** @type {number[]} */ ...at) => this.net.outputs(at, 0)[0];
    const inputs = this.goal ? 1 : 2;
    const shown = Float64Array.from({ length: this.points.length / inputs }, (_, row) => this.net.outputs(this.points, row)[0]);
    const off = this.goal ? deviation(output, this.goal) : deviationOfTwo(output, surface);
    this.push("sgd", {
      attempt: this.number, neurons: this.neurons, epoch: this.steps.epochs, epochs: this.epochs, seconds: this.steps.seconds, running,
      output: shown, ...off, error: this.error,
    });
    const now = performance.now();
    this.due = now + Math.max(FRAME, SHARE * (now - begun));
  }
}

/** Return a network whose hidden neurons are soft steps, and whose output is 0 everywhere. @param {1 | 2} inputs @param {number} neurons */
function softSteps(inputs, neurons) {
  const net = new Dense([inputs, neurons, 1], ["sigmoid", "linear"], "quadratic", "float64");
  const [{ start, biases }] = net.layers;
  const random = new Random(1);
  const angles = inputs === 2 ? random.uniform(0, 2 * Math.PI, neurons) : new Float64Array(0);
  const centres = inputs === 2 ? random.uniform(0, 1, 2 * neurons) : Float64Array.from({ length: neurons }, (_, j) => (j + 0.5) / neurons);
  for (let j = 0; j < neurons; j++) {
    const weights = inputs === 2 ? [SOFT[2] * Math.cos(angles[j]), SOFT[2] * Math.sin(angles[j])] : [SOFT[1] * neurons];
    net.parameters.set(weights, start + inputs * j);
    net.parameters[biases + j] = -weights.reduce((sum, weight, k) => sum + weight * centres[inputs * j + k], 0);
  }
  return net;
}
