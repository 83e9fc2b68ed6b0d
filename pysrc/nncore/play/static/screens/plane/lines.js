/** The lines of Python that do what Two inputs shows. */

import { layersOf, STEP } from "./network.js";
import { VIEWS } from "./places.js";

/** @typedef {{ data: string, noise: number, set: number, hidden: number[], activation: string, seed: number, epochs: number,
 *   eta: number, lmbda: number, rule: string, miniBatch: number, hand: boolean, parameters: Float32Array }} Shown */

/** @param {Shown} shown */
export function linesOf(shown) {
  return shown.activation === STEP ? perceptrons(shown) : training(shown);
}

/** @param {Shown} shown */
function training({ data, noise, set, hidden, activation, seed, epochs, eta, lmbda, rule, miniBatch, hand }) {
  const usual = noise === 0.1 && set === 0;
  const points = !(data in VIEWS) ? "data = points, classes  # as here"
    : usual ? `data = nn.datasets.toy("${data}")` : `data = nn.datasets.toy("${data}",\n    noise=${noise}, seed=${set})`;
  const others = `${lmbda ? `,\n    lmbda=${lmbda}` : ""}${rule === "sgd" ? "" : `${lmbda ? ", " : ",\n    "}rule="${rule}"`}`;
  const lines = [
    ...points.split("\n"),
    `net = nn.Network([${[2, ...hidden, 1].join(", ")}],`,
    `    activation="${activation}", seed=${seed},`,
    '    cost="cross-entropy")',
    ...`net.SGD(data, ${epochs}, ${miniBatch}, ${eta}${others})`.split("\n"),
    ...(hand ? ["# then changed by hand"] : []),
  ];
  if (lines.length < 6) lines.push("nn.plot.boundary(net, data)");
  return lines.join("\n");
}

/** @param {Shown} shown */
function perceptrons({ hidden, parameters }) {
  const number = (/** @type {number} */ value) => String(Number(value.toPrecision(4)));
  if (!hidden.length) {
    const [w0, w1, b] = [...parameters].map(number);
    return `w, b = np.array([${w0}, ${w1}]), ${b}
x = np.array([1, 1])
int(w @ x + b > 0)`;
  }
  if (hidden.length > 1 || hidden[0] > 2) {
    return `a = np.array([1, 1])
for w, b in layers:  # as here
    a = (w @ a + b > 0) * 1`;
  }
  const [first] = layersOf(hidden);
  const w = Array.from({ length: first.n }, (_, j) => `[${[0, 1].map((k) => number(parameters[first.start + 2 * j + k])).join(", ")}]`);
  const b = Array.from({ length: first.n }, (_, j) => number(parameters[first.biases + j]));
  return `w = np.array([${w.join(", ")}])
b = np.array([${b.join(", ")}])
x = np.array([1, 1])
a = (w @ x + b > 0).astype(int)`;
}
