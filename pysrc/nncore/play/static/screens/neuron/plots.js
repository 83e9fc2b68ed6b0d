/** The figures of One neuron: the sigmoid with both neurons on it, and what each of them learns over the epochs. */

import { colours } from "../../lib/colours.js";
import { fixed, readable } from "../../lib/numbers.js";
import { area, font, line, mark, mathFont } from "../../parts/canvas.js";
import { html } from "../../vendor/lit-html.js";

/** @typedef {{ w: Float64Array, b: Float64Array, z: Float64Array, a: Float64Array, slope: Float64Array, gradient: Float64Array,
 *   cost: Float64Array }} States The neuron at the start and after each epoch. */
/** @typedef {{ name: string, z: number, a: number, slope: number }} Place A neuron on the sigmoid. */

const [LEFT, RIGHT] = [2, 0.5]; // margins of all figures, in rem

/** Return where a share of the width of a figure lies, as a length of CSS. @param {number} share */
const across = (share) => `calc(${LEFT}rem + (100% - ${LEFT + RIGHT}rem) * ${share})`;

/** Return the least of 8, 16, 32, ... that holds all numbers. @param {Iterable<number>} numbers */
export function reach(numbers) {
  let most = 8;
  for (const number of numbers) while (Math.abs(number) > most && most < 1024) most *= 2;
  return most;
}

const sigmoid = { top: 0.75, bottom: 1.5, height: 13.5 };

/** Return how the sigmoid is drawn, for z from -most to most, with the tangents of the neurons.
 * @param {Place[]} places @param {number} most @returns {import("../../parts/canvas.js").Paint} */
export const paintSigmoid = (places, most) => (context, width, height, size) => {
  const known = colours();
  const [left, right, top, bottom] = [LEFT * size, width - RIGHT * size, sigmoid.top * size, height - sigmoid.bottom * size];
  const x = (/** @type {number} */ z) => left + ((right - left) * (z + most)) / (2 * most);
  const y = (/** @type {number} */ a) => bottom - (bottom - top) * a;
  context.font = font(0.75 * size);
  context.textBaseline = "middle";
  grid(context, [0, 0.5, 1], left, right, y, size);
  context.fillStyle = known["ink-3"];
  context.textAlign = "center";
  for (let z = (-3 * most) / 4; z < most; z += most / 4) context.fillText(fixed(z, 0), x(z), height - 0.5 * size);
  context.font = mathFont(size);
  context.textAlign = "right";
  context.fillText("z", right, height - 0.5 * size);
  const points = Array.from({ length: 241 }, (_, at) => most * (at / 120 - 1));
  line(context, points.map((z) => [x(z), y(1 / (1 + Math.exp(-z)))]), known.ink, 0.11 * size);
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  const reach = most / 5;
  for (const { z, a, slope } of places) {
    line(context, [[x(z - reach), y(a - reach * slope)], [x(z + reach), y(a + reach * slope)]], known["sym-z"], 0.156 * size);
    mark(context, x(z), y(a), 0.344 * size, known.ours, known.paper);
  }
  context.restore();
};

/** Return the names of the neurons on the sigmoid, each with its slope. @param {Place[]} places @param {number} most */
export function sigmoidNames(places, most) {
  const share = (/** @type {Place} */ { z }) => (z / most + 1) / 2;
  const near = places.length === 2 && Math.abs(share(places[0]) - share(places[1])) < 0.34
    && places[0].a < 0.5 === places[1].a < 0.5;
  return places.map((place, at) => {
    const low = place.a < 0.5;
    const away = near && at === 0 ? 1.25 : 0;
    const top = sigmoid.top + (sigmoid.height - sigmoid.top - sigmoid.bottom) * (1 - place.a) + (low ? -1.125 - away : 1.5 + away);
    const position = low ? `left:max(${across(share(place))},var(--room-left));transform:translate(calc(-100% - .5rem),-50%)`
      : `left:min(${across(share(place))},100% - var(--room-right));transform:translate(0,-50%)`;
    return html`<span class="on" .style=${`top:${top}rem;${position}`}>${place.name}<span class="desk">, slope</span> <b
      data-slope=${place.name} data-value=${place.slope} title=${String(place.slope)}>${readable(place.slope, 3)}</b></span>`;
  });
}

const learning = { top: 2.4, bottom: 12.1, top2: 14.5, bottom2: 17.3 };

/** Return how the output and the gradient over the epochs are drawn, up to `epoch` in our colour, the rest in grey.
 * @param {States} states @param {number} epoch @param {number} steepest The gradient at the top of the axis.
 * @param {number[][]} book Its outputs, [epoch, output]. @returns {import("../../parts/canvas.js").Paint} */
export const paintLearning = (states, epoch, steepest, book) => (context, width, height, size) => {
  const known = colours();
  const last = states.a.length - 1;
  const [left, right] = [LEFT * size, width - RIGHT * size];
  const [top, bottom, top2, bottom2] = [learning.top, learning.bottom, learning.top2, learning.bottom2].map((part) => part * size);
  const x = (/** @type {number} */ at) => left + ((right - left) * at) / last;
  const y = (/** @type {number} */ a) => bottom - (bottom - top) * a;
  const up = (/** @type {number} */ gradient) => bottom2 - ((bottom2 - top2) * Math.abs(gradient)) / steepest;
  context.font = font(0.75 * size);
  context.textBaseline = "middle";
  grid(context, [0, 0.25, 0.5, 0.75, 1], left, right, y, size);
  grid(context, [0, steepest], left, right, up, size);
  context.textAlign = "left";
  context.fillStyle = known["ink-2"];
  context.fillText("output a; the target is 0", left, 0.75 * size);
  context.fillText("size of the gradient ∂C/∂w: how far a step goes", left, top2 - size);
  const outputs = Array.from(states.a, (a, at) => /** @type {[number, number]} */ ([x(at), y(a)]));
  const sizes = Array.from(states.gradient, (gradient, at) => /** @type {[number, number]} */ ([x(at), up(gradient)]));
  line(context, sizes, known["rule-2"], 0.094 * size);
  area(context, [[x(0), bottom2], ...sizes.slice(0, epoch + 1), [x(epoch), bottom2]], known["ours-soft"]);
  line(context, sizes.slice(0, epoch + 1), known.ours, 0.078 * size);
  line(context, outputs, known["rule-2"], 0.094 * size);
  line(context, outputs.slice(0, epoch + 1), known.ours, 0.1875 * size);
  mark(context, x(epoch), y(states.a[epoch]), 0.281 * size, known.ours);
  for (const [at, output] of book) mark(context, x(at), y(output), 0.3 * size, "transparent", known.ink);
  context.fillStyle = known["ink-3"];
  context.textAlign = "center";
  for (const at of [0, last / 3, (2 * last) / 3]) context.fillText(String(at), x(at), height - 0.6 * size);
  context.textAlign = "right";
  context.fillText(`${last} epochs`, right, height - 0.6 * size);
};

/** Return the numbers in the figure of the output: ours at the epoch, and the book's.
 * @param {States} states @param {number} epoch @param {number[][]} book */
export function learningNumbers(states, epoch, book) {
  const last = states.a.length - 1;
  const a = states.a[epoch];
  const height = (/** @type {number} */ output) => learning.top + (learning.bottom - learning.top) * (1 - output);
  const crowded = book.some(([at, output]) => output < 0.9 && Math.abs(at - epoch) < 0.25 * last);
  return html`<b class="on ours" .style=${`top:${height(a) - (crowded ? 1.9 : 0.8)}rem;${aside(epoch / last, 0.8)}`} data-number="a" data-value=${a}
      title=${String(a)}>${fixed(a)}</b>
    ${book.map(([at, output]) => html`<span class="on" data-book=${at} data-value=${output}
      .style=${`top:${height(output) + (output < 0.9 ? -0.8 : 1.125)}rem;${aside(at / last, 0.8)}`}>the book: ${fixed(output, 2)}</span>`)}`;
}

/** Return the style of a text that stands right of its point, or left of it where the figure ends.
 * @param {number} share @param {number} most */
const aside = (share, most) => `left:${across(share)};transform:translate(${share > most ? "calc(-100% - .6rem)" : ".6rem"},-50%)`;

/** @param {MouseEvent} event @returns {number} The share of the figure's width at which the pointer is. */
export function shareAt(event) {
  const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.max(0, Math.min(1, (event.clientX - box.left - LEFT * size) / (box.width - (LEFT + RIGHT) * size)));
}

/** Draw the lines of an axis with their numbers; of five, the second and fourth have none.
 * @param {CanvasRenderingContext2D} context @param {number[]} values @param {number} left @param {number} right
 * @param {(value: number) => number} y @param {number} size */
function grid(context, values, left, right, y, size) {
  const known = colours();
  context.textAlign = "right";
  values.forEach((value, at) => {
    context.fillStyle = known.rule;
    context.fillRect(left, Math.round(y(value)), right - left, 1);
    context.fillStyle = known["ink-3"];
    if (values.length < 5 || at % 2 === 0) context.fillText(String(value), left - 0.5 * size, y(value));
  });
}
