/** One neuron, answered in the page as play/screens/neuron.py answers it. */

import { sigmoid } from "../net/forward.js";
import { real } from "../numbers/checks.js";

const EPOCHS = 300;
const WIDEST = 10; // of w, b and x, on both sides of 0
const LARGEST_ETA = 100;
const ETA = 0.15; // the book's, and its starts with the outputs that it gives, as [w, b, [epoch, output]...]
const PUBLISHED = /** @type {const} */ ([[0.6, 0.9, [[0, 0.82], [EPOCHS, 0.09]]], [2, 2, [[0, 0.98]]]]);

export function answersOf() {
  return {
    learn: (/** @type {Record<string, unknown>} */ given) => {
      const [w, b, x] = ["w", "b", "x"].map((name) => real(name, given[name], -WIDEST, WIDEST));
      const eta = real("eta", given.eta, 0, LARGEST_ETA);
      const book = x === 1 && eta === ETA ? PUBLISHED.find((start) => start[0] === w && start[1] === b) : undefined;
      const runs = { quadratic: learned(w, b, x, eta, true), "cross-entropy": learned(w, b, x, eta, false) };
      return { epochs: EPOCHS, book: book ? book[2].map((each) => [...each]) : [], ...runs };
    },
  };
}

/** Return all states of a neuron that learns the output 0 for the input x, one step an epoch.
 * @param {number} w @param {number} b @param {number} x @param {number} eta @param {boolean} quadratic */
function learned(w, b, x, eta, quadratic) {
  const names = /** @type {const} */ (["w", "b", "z", "a", "slope", "gradient", "cost"]);
  const states = Object.fromEntries(names.map((name) => [name, new Float64Array(EPOCHS + 1)]));
  for (let epoch = 0; epoch <= EPOCHS; epoch++) {
    const z = w * x + b;
    const a = sigmoid(z);
    const slope = a * sigmoid(-z); // a (1 - a), exact where a is nearly 1
    const error = quadratic ? a * slope : a; // dC/dz
    const cost = quadratic ? (a * a) / 2 : Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z))); // -ln(1 - a)
    const now = { w, b, z, a, slope, gradient: error * x, cost };
    for (const name of names) states[name][epoch] = now[name];
    w -= eta * error * x;
    b -= eta * error;
  }
  return states;
}
