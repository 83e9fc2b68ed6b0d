/** The figures of Universality with one input: the goal and the network, its neurons, and the deviation as a bar. */

import { colours } from "../../lib/colours.js";
import { fixed } from "../../lib/numbers.js";
import { area, font, line, mark, mathFont } from "../../parts/canvas.js";

/** @typedef {{ steps: Float64Array, heights: Float64Array, goal: Float64Array, output: Float64Array, mean: number, max: number }} Answer */

export const TOP = 2.4; // the largest value that the figure shows, on both sides of 0
const margin = { left: 2.25, right: 0.5, top: 0.5, bottom: 1.5 }; // rem

/** Return the middle of what is seen of a bump, from 0 to 1. @param {ArrayLike<number>} steps @param {number} at */
export const middle = (steps, at) => (inside(steps[2 * at]) + inside(steps[2 * at + 1])) / 2;
const inside = (/** @type {number} */ x) => Math.max(0, Math.min(1, x));

/** Return where x and a value lie in the figure, as lengths of CSS. @param {number} x @param {number} value */
export function place(x, value) {
  const { left, right, top, bottom } = margin;
  return `left:calc(${left}rem + (100% - ${left + right}rem) * ${x});top:calc(${top}rem + (100% - ${top + bottom}rem) * ${(TOP - value) / (2 * TOP)})`;
}

/** Return x and the value at which the pointer is. @param {MouseEvent} event @param {number} size Pixels of a rem. @returns {[number, number]} */
export function pointed(event, size) {
  const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
  const { left, right, top, bottom } = margin;
  const x = (event.clientX - box.left - left * size) / (box.width - (left + right) * size);
  const share = (event.clientY - box.top - top * size) / (box.height - (top + bottom) * size);
  return [Math.max(0, Math.min(1, x)), Math.max(-TOP, Math.min(TOP, TOP * (1 - 2 * share)))];
}

/** Return how the goal, the network and what SGD has learned are drawn.
 * @param {Answer} answer @param {{ sgd: Float64Array | null, chosen: number, pen: number, handles: boolean }} more `chosen` is
 *   the bump under the pointer, -1 for none; `pen` the place where keys change the reader's function, or -1.
 * @returns {import("../../parts/canvas.js").Paint} */
export const paintCurve = ({ steps, heights, goal, output }, { sgd, chosen, pen, handles }) => (context, width, height, size) => {
  const known = colours();
  const [left, right] = [margin.left * size, width - margin.right * size];
  const [top, bottom] = [margin.top * size, height - margin.bottom * size];
  const x = (/** @type {number} */ at) => left + (right - left) * at;
  const y = (/** @type {number} */ value) => bottom - ((bottom - top) * (value + TOP)) / (2 * TOP);
  const points = (/** @type {Float64Array} */ values) =>
    Array.from(values, (value, at) => /** @type {[number, number]} */ ([x(at / (values.length - 1)), y(value)]));
  context.font = font(0.75 * size);
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let value = -2; value <= 2; value++) {
    context.fillStyle = value ? known.rule : known["rule-2"];
    context.fillRect(left, Math.round(y(value)), right - left, 1);
    context.fillStyle = known["ink-3"];
    context.fillText(fixed(value, 0), left - 0.375 * size, y(value));
  }
  context.textAlign = "center";
  for (let at = 0; at <= 5; at++) context.fillText(at % 5 ? fixed(at / 5, 1) : String(at / 5), x(at / 5), height - 0.5 * size);
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, bottom + 0.5 * size);
  context.clip();
  const [wanted, computed] = [points(goal), points(output)];
  area(context, [...computed, ...[...wanted].reverse()], known["ours-soft"]);
  if (sgd) line(context, points(sgd), known.other, 0.125 * size, [0.3125 * size, 0.1875 * size]);
  line(context, wanted, known.ink, 0.094 * size);
  line(context, computed, known.ours, 0.1875 * size);
  context.restore();
  if (pen >= 0) line(context, [[x(pen), top], [x(pen), bottom]], known["ink-3"], 1, [2, 2]);
  if (!handles) return;
  for (let at = 0; at < heights.length; at++) {
    const where = /** @type {[number, number]} */ ([x(middle(steps, at)), y(heights[at])]);
    mark(context, ...where, (at === chosen ? 0.5 : 0.375) * size, known.paper, known.ours, 0.156 * size);
  }
};

/** How the drawn neurons stand: rem from the left and the top. `text` says whether there is room for their numbers. */
export function laidOut(/** @type {number} */ N, /** @type {number} */ high) {
  const many = N > 10;
  const shown = Math.min(N, 10);
  const y = (/** @type {number} */ neuron) => 1 + ((high - 2) * (neuron + 0.5)) / (2 * shown);
  return { shown, many, text: shown <= 7, y, radius: many ? 0.4 : Math.min(1, ((high - 2) / (2 * shown)) * 0.42), middle: 8.25 };
}

/** Return how the network is drawn: x, the pairs of steps, and the sum.
 * @param {Answer} answer @param {number} chosen @param {number} high Its height in rem. @returns {import("../../parts/canvas.js").Paint} */
export const paintNetwork = ({ heights }, chosen, high) => (context, width, height, size) => {
  const known = colours();
  const { shown, many, text, y, radius, middle: centre } = laidOut(heights.length, high);
  const [from, to, sum] = [1.25 * size, centre * size, width - 1.25 * size];
  const most = heights.slice(0, shown).reduce((top, h) => Math.max(top, Math.abs(h)), 1);
  for (let neuron = 0; neuron < 2 * shown; neuron++) {
    const h = (neuron % 2 ? -1 : 1) * heights[neuron >> 1];
    const at = y(neuron) * size;
    line(context, [[from, height / 2], [text ? to - 5 * size : to, at]], known["rule-2"], 1);
    context.globalAlpha = chosen < 0 || chosen === neuron >> 1 ? 1 : 0.2;
    line(context, [[text ? to + 4.5 * size : to, at], [sum, height / 2]], h < 0 ? known.neg : known.pos, Math.max(0.5, (0.22 * size * Math.abs(h)) / most));
    context.globalAlpha = 1;
  }
  for (let neuron = 0; neuron < 2 * shown; neuron++) {
    const [at, q] = [y(neuron) * size, radius * size];
    mark(context, to, at, q, known.paper, known.ink);
    if (!many) line(context, [[to - 0.6 * q, at + 0.35 * q], [to, at + 0.35 * q], [to, at - 0.35 * q], [to + 0.6 * q, at - 0.35 * q]], known["ink-3"], 1.25);
  }
  context.font = mathFont(1.125 * size);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [name, at] of /** @type {[string, number][]} */ ([["x", from], ["Σ", sum]])) {
    mark(context, at, height / 2, 0.95 * size, known.paper, known.ink);
    context.fillStyle = known.ink;
    context.fillText(name, at, height / 2);
  }
};

/** Return how the deviation is drawn as a bar, from 0 to 1 or, if it is larger, to 2, 4, ....
 * @param {number} deviation @param {number | null} sgd @param {number | null} challenge @returns {import("../../parts/canvas.js").Paint} */
export const paintBar = (deviation, sgd, challenge) => (context, width, height, size) => {
  const known = colours();
  let most = 1;
  while (Math.max(deviation, sgd ?? 0) > most) most *= 2;
  const x = (/** @type {number} */ value) => Math.min(1, value / most) * (width - 1);
  const [top, thick] = [0.5 * size, 0.75 * size];
  const text = top + thick + size;
  context.fillStyle = known.rule;
  context.fillRect(0, top, width, thick);
  context.fillStyle = known.ours;
  context.fillRect(0, top, x(deviation), thick);
  context.font = font(0.75 * size);
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = known["ink-3"];
  if (sgd === null || x(sgd) > 6 * size) context.fillText("0", 0, text);
  context.textAlign = "right";
  context.fillText(String(most), width, text);
  if (challenge !== null) {
    context.fillStyle = known.ink;
    context.fillRect(x(challenge) - 1, top - 0.25 * size, 2, thick + 0.5 * size);
    context.textAlign = "left";
    context.fillText(sgd !== null && sgd > challenge ? fixed(challenge, 2) : `${fixed(challenge, 2)}, the book’s challenge`, x(challenge) - 2, text);
  }
  if (sgd === null) return;
  const name = `SGD ${fixed(sgd, sgd < 0.1 ? 3 : 2)}`;
  const wide = context.measureText(name).width;
  const crowded = challenge !== null && sgd < challenge && x(challenge) - x(sgd) < wide + 0.5 * size;
  context.fillStyle = known.paper;
  context.fillRect(x(sgd) - 2, top, 4, thick);
  context.fillStyle = known["ink-2"];
  context.fillRect(x(sgd) - 1, top - 0.25 * size, 2, thick + 0.5 * size);
  context.textAlign = crowded ? "right" : "left";
  const left = crowded ? Math.max(wide, x(sgd) + 2) : Math.max(0, Math.min(x(sgd) - 2, width - wide - size));
  context.fillText(name, left, text);
};
