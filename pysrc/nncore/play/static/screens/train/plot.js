/** What the curve of Train shows: the runs, what the book published, and what was measured at one place. */

import { counted, fixed, percent } from "../../lib/numbers.js";
import { differences } from "./words.js";

/**
 * @typedef {import("../train.js").State} State
 * @typedef {{ name: string, points: [number, number][], kind: "ours" | "training" | "other" | "book" | "law" }} Line
 */

/** The columns of a run's curve: epochs, then what was measured. */
const COLUMNS = { accuracy: { test: 1, training: 2 }, cost: { test: 3, training: 4 } };
export const WIDE = 5;

/** @param {Float64Array} curve @param {number} column @returns {[number, number][]} */
function points(curve, column) {
  /** @type {[number, number][]} */
  const found = [];
  for (let at = 0; at < curve.length; at += WIDE) if (Number.isFinite(curve[at + column])) found.push([curve[at], curve[at + column]]);
  return found;
}

/** Return the last of what was measured of a run. @param {Float64Array} curve */
export const last = (curve) => {
  const [epochs, accuracy, , cost] = curve.subarray(curve.length - WIDE);
  return { epochs, accuracy, cost };
};

/** @param {State} state @param {"accuracy" | "cost"} what @returns {Line[]} */
export function lines(state, what) {
  const columns = COLUMNS[what];
  const run = state.runs[state.current];
  const differ = differences(state.runs);
  /** @type {Line[]} */
  const found = state.runs.flatMap((other, at) => (other === run ? [] : [{
    name: differ[at] ? `${other.letter}, ${differ[at]}` : other.letter, points: points(other.curve, columns.test), kind: "other",
  }]));
  found.push({ name: `${run.letter}, training`, points: points(run.curve, columns.training), kind: "training" });
  found.push({ name: `${run.letter}, test`, points: points(run.curve, columns.test), kind: "ours" });
  if (run.book?.points.length && what === "accuracy") {
    found.push({ name: run.book.whole ? "the author" : "the book", points: run.book.points, kind: run.book.whole ? "law" : "book" });
  }
  return found;
}

/** Return the axis of what is measured. It begins where the question is, and changes in steps. @param {State} state @param {"accuracy" | "cost"} what */
export function axis(state, what) {
  const { curve } = state.runs[state.current];
  if (what === "accuracy") {
    const reached = Math.max(...points(curve, 1).map(([, accuracy]) => accuracy));
    return { least: last(curve).accuracy < 0.88 && (reached < 0.88 || last(curve).epochs > 1) ? 0 : 0.88, most: 1, steps: [0.02, 0.04, 0.1, 0.2, 0.5], text: (/** @type {number} */ y) => `${Math.round(100 * y)} %` };
  }
  const alike = state.runs.filter(({ settings }) => settings.cost === state.runs[state.current].settings.cost);
  const costs = alike.flatMap((run) => points(run.curve, 3)).filter(([x]) => x >= 1 || x === last(curve).epochs).map(([, cost]) => cost);
  const largest = Math.max(0.05, ...costs);
  return { least: 0, most: 0.1 * 2 ** Math.ceil(Math.log2(largest / 0.1)), text: (/** @type {number} */ y) => fixed(y, 2) };
}

/**
 * Return what was measured at a place: the current run first, then the others, then the book.
 * @param {State} state @param {"accuracy" | "cost"} what @param {number} x
 */
export function valuesAt(state, what, x) {
  const text = (/** @type {number} */ y, /** @type {number} */ images) => (what === "accuracy" ? percent(y, images) : fixed(y, 4));
  const at = (/** @type {[number, number][]} */ all) => all.find(([epochs]) => Math.abs(epochs - x) < 1e-9)?.[1];
  const run = state.runs[state.current];
  const { test, training } = COLUMNS[what];
  const trained = state.n_measured < state.n ? `training (the first ${counted(state.n_measured)})` : "training";
  const found = [
    { name: run.letter, value: at(points(run.curve, test)), images: state.n_test },
    { name: trained, value: at(points(run.curve, training)), images: state.n_measured },
    ...state.runs.filter((other) => other !== run).map((other) => ({ name: other.letter, value: at(points(other.curve, test)), images: state.n_test })),
    { name: run.book?.whole ? "the author" : "the book", value: what === "accuracy" ? at(run.book?.points ?? []) : undefined, images: 10000 },
  ];
  return found.flatMap(({ name, value, images }) => (value === undefined ? [] : [{ name, value, text: text(value, images) }]));
}
