/** The lines of the two plots of Overfitting, and the names of its runs. */

import { counted, typed } from "../../lib/numbers.js";

/**
 * @typedef {import("../overfitting.js").State} State
 * @typedef {import("../overfitting.js").Run} Run
 * @typedef {import("../../parts/curve.js").Series} Series
 */

const WIDE = 3; // numbers of a point: epochs, accuracy on the training images, on the others
const COLUMNS = { training: 1, test: 2 };
const LOWEST = 0.6; // where the axis begins, unless a run ends below it

/** The names at the ends of the lines, where there is little room. */
const SHORT = { none: "as it is", lmbda: "L2", dropout: "dropout", augment: "shifts", stop: "early stop", data: "more data" };

/** Return the name of a run. @param {Run} run */
export function name({ measure, value }) {
  switch (measure) {
    case "lmbda": return `lmbda ${typed(value)}`;
    case "dropout": return `dropout ${typed(value)}`;
    case "augment": return value === 1 ? "shifts" : `shifts of ${value}`;
    case "stop": return "early stop";
    case "data": return `${counted(value)} images`;
    default: return "as it is";
  }
}

/** Return the last of what was measured. @param {Float64Array} points */
export function last(points) {
  const [epochs = 0, training = NaN, test = NaN] = points.subarray(Math.max(0, points.length - WIDE));
  return { epochs, training, test };
}

/** Return the lines of our runs, the last one ours. @param {State} state @param {"training" | "test"} side @returns {Series[]} */
export function lines(state, side) {
  return state.runs.map((run, at) => {
    /** @type {[number, number][]} */
    const points = [];
    for (let k = 0; k < run.points.length; k += WIDE) points.push([run.points[k], run.points[k + COLUMNS[side]]]);
    return { name: SHORT[run.measure], points, kind: at === state.runs.length - 1 ? "ours" : "other" };
  });
}

/** Return what was published: lines in ink, or circles, of which few are enough. @param {State} state @param {"training" | "test"} side @param {number} most @returns {Series[]} */
export function bookLines(state, side, most) {
  return state.book.flatMap((book) => {
    const points = book[side].filter(([x], at) => x <= most && (book.whole || at % 5 === 4 || book[side].length < 5 || x > 30));
    return points.length ? [{ name: book.whole ? "the author" : "the book", points, kind: book.whole ? "law" : "book" }] : [];
  });
}

/** Return the axis of both plots, the same, so that the gap is seen. @param {State} state */
export function scale(state) {
  const ends = state.runs.map(({ points }) => last(points)).filter(({ epochs }) => epochs > 5).flatMap(({ training, test }) => [training, test]);
  return { least: ends.some((end) => end < LOWEST) ? 0 : LOWEST, most: 1, steps: [0.1, 0.2], text: (/** @type {number} */ y) => `${Math.round(100 * y)} %` };
}
