/** The same in Python. */

/**
 * Return at most six lines that build the network that is shown, and measure it.
 * @param {{ N: number, w: number, own: number[], steps: number[], heights: number[], best: boolean, inputs: number }} state
 * @param {import("./plots.js").Answer} answer */
export function pythonLines({ N, w, own, steps: moved, heights: dragged, best, inputs }, { heights, steps }) {
  const list = (/** @type {Iterable<number>} */ numbers) => `[${Array.from(numbers, (x) => Number(x.toFixed(4))).join(", ")}]`;
  const changed = dragged.length || moved.length || best;
  const lines = ["import numpy as np", "from nncore.book import universality"];
  if (inputs === 2) {
    lines.push("goal = lambda x, y: 0.5 + 0.4 * np.sin(6 * x) * np.cos(4 * y)", `net = universality.approximate_by_towers(goal, ${N}, w=${w})`);
    if (changed) lines.push(`net.weights[2] = [${list(heights)}]`);
  } else {
    lines.push(own.length ? `goal = lambda x: np.interp(x, np.linspace(0, 1, ${own.length}), ${list(own)})` : "goal = lambda x: universality.inverse_sigmoid(universality.f(x))");
    lines.push(`net = universality.approximate(goal, ${N}, w=${w})`);
    const set = [];
    if (moved.length) set.push(`net.biases[0] = -${w} * np.array([${list(steps)}]).T`);
    if (changed) set.push(`net.weights[1] = [${list(Array.from(heights).flatMap((h) => [h, -h]))}]`);
    if (set.length) lines.push(set.join("; "));
  }
  return [...lines, "print(universality.deviation(net, goal).mean)"].join("\n");
}
