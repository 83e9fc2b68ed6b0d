/** The figure of Universality with two inputs: a surface over the square, and the goal as a net of lines. */

import { colours } from "../../lib/colours.js";
import { font, mathFont } from "../../parts/canvas.js";

const TILT = 0.55; // how much of the height of the square is seen
const RISE = 0.55; // the height of 1, as a share of the width
const LINES = 6; // cells from one line of the goal to the next

/**
 * Return how a surface is drawn, back to front, so that what lies behind is covered.
 * @param {ArrayLike<number>} values At rows x rows points of the unit square, the second input fastest.
 * @param {ArrayLike<number>} goal At the same points.
 * @param {number} turn How far it is turned, in radians. @returns {import("../../parts/canvas.js").Paint}
 */
export const paintSurface = (values, goal, turn) => (context, width, height, size) => {
  const known = colours();
  const rows = Math.round(Math.sqrt(values.length));
  const scale = Math.min(width / 1.5, (height - 2 * size) / (1.42 * TILT + RISE));
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  const base = height - size - 0.71 * TILT * scale;
  /** @param {number} x @param {number} y @param {number} value @returns {[number, number]} */
  const seen = (x, y, value) => {
    const [right, near] = [(x - 0.5) * cos - (y - 0.5) * sin, (x - 0.5) * sin + (y - 0.5) * cos];
    return [width / 2 + right * scale, base + near * TILT * scale - Math.max(-0.5, Math.min(1.5, value)) * RISE * scale];
  };
  const at = (/** @type {number} */ i, /** @type {number} */ j, /** @type {ArrayLike<number>} */ of) => seen(i / (rows - 1), j / (rows - 1), of[i * rows + j]);
  floor(context, seen, size);
  const shade = shades(known.ours, known.paper);
  context.lineWidth = 0.75;
  for (const [i, j] of backToFront(rows - 1, sin, cos)) {
    const own = [values[i * rows + j], values[(i + 1) * rows + j], values[i * rows + j + 1], values[(i + 1) * rows + j + 1]];
    const net = () => wire(context, i, j, rows, (a, b) => at(a, b, goal), known.ink);
    const below = goal[i * rows + j] < own[0];
    if (below) net();
    const slope = (own[1] - own[0]) * cos + (own[2] - own[0]) * sin;
    context.fillStyle = context.strokeStyle = shade(0.55 - 6 * slope);
    context.beginPath();
    for (const [a, b] of [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]]) context.lineTo(...at(a, b, values));
    context.closePath();
    context.fill();
    context.stroke();
    if (!below) net();
  }
  context.textAlign = "left";
};

/** Draw the outline of the square, and the names of its sides. @param {CanvasRenderingContext2D} context
 * @param {(x: number, y: number, value: number) => [number, number]} seen @param {number} size */
function floor(context, seen, size) {
  const known = colours();
  context.strokeStyle = known["rule-2"];
  context.lineWidth = 1;
  context.beginPath();
  for (const [x, y] of [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) context.lineTo(...seen(x, y, 0));
  context.stroke();
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = known["ink-2"];
  for (const [name, x, y] of /** @type {[string, number, number][]} */ ([["x", 0.5, 0], ["x", 0.5, 1], ["y", 0, 0.5], ["y", 1, 0.5]])) {
    const outside = (/** @type {number} */ place) => 0.5 + (place - 0.5) * 1.13;
    const [left, top] = seen(outside(x), outside(y), 0);
    if (top < seen(0.5, 0.5, 0)[1]) continue; // behind the surface
    context.font = mathFont(1.125 * size);
    context.fillText(name, left, top);
  }
  context.font = font(0.75 * size);
}

/** Return the cells of a grid in the order in which they are drawn. @param {number} cells @param {number} sin @param {number} cos
 * @returns {Generator<[number, number]>} */
function* backToFront(cells, sin, cos) {
  const order = (/** @type {number} */ towards) => Array.from({ length: cells }, (_, k) => (towards >= 0 ? k : cells - 1 - k));
  const [first, second] = [order(sin), order(cos)];
  if (Math.abs(sin) > Math.abs(cos)) for (const i of first) for (const j of second) yield [i, j];
  else for (const j of second) for (const i of first) yield [i, j];
}

/** Draw the lines of the goal that run along a cell. @param {CanvasRenderingContext2D} context @param {number} i @param {number} j
 * @param {number} rows @param {(i: number, j: number) => [number, number]} at @param {string} colour */
function wire(context, i, j, rows, at, colour) {
  if (i % LINES && j % LINES && i !== rows - 2 && j !== rows - 2) return;
  context.strokeStyle = colour;
  context.beginPath();
  const run = (/** @type {[number, number]} */ from, /** @type {[number, number]} */ to) => {
    context.moveTo(...at(...from));
    context.lineTo(...at(...to));
  };
  if (i % LINES === 0) run([i, j], [i, j + 1]);
  if (j % LINES === 0) run([i, j], [i + 1, j]);
  if (i === rows - 2) run([i + 1, j], [i + 1, j + 1]);
  if (j === rows - 2) run([i, j + 1], [i + 1, j + 1]);
  context.stroke();
}

/** Return the function from a share to a colour between paper and ours. @param {string} ours @param {string} paper */
function shades(ours, paper) {
  const part = (/** @type {string} */ colour, /** @type {number} */ at) => parseInt(colour.slice(at, at + 2), 16);
  const [from, to] = [[1, 3, 5].map((at) => part(paper, at)), [1, 3, 5].map((at) => part(ours, at))];
  return (/** @type {number} */ share) => {
    const kept = Math.max(0.15, Math.min(1, share));
    return `rgb(${from.map((value, at) => Math.round(value + (to[at] - value) * kept))})`;
  };
}
