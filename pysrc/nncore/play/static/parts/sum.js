/** A weighted sum as a waterfall: what speaks for the neuron, what against, its bias, z; then a. */

import { html } from "../vendor/lit-html.js";
import { fixed, signed } from "../lib/numbers.js";

/**
 * @param {{ plus: number, minus: number, bias: number, z: number, a: number }} sum
 * @param {{ plus: string, minus: string, activation: unknown, range: [number, number], least?: number }} words The names
 *   of the parts, of the activation function, and the least and largest value that it has; the least range of the bars.
 */
export function sum({ plus, minus, bias, z, a }, { plus: forIt, minus: against, activation, range, least = 12 }) {
  const room = Math.max(plus, -minus, Math.abs(plus + minus + bias), least);
  const [low, high] = range;
  const share = Math.max(0, Math.min(1, (a - low) / (high - low)));
  return html`<div class="fall">
    ${part(forIt, "plus", plus, 0, room)}
    ${part(against, "minus", minus, plus, room)}
    ${part(html`bias <span class="m">b</span>`, "bias", bias, plus + minus, room)}
    <div class="t z"><span class="m">z</span>${strip(z, 0, room)}<span class="v" data-sum="z" data-value=${z}>${signed(z)}</span></div>
    <div class="t a"><span><span class="m">a</span> = ${activation}</span>
      <span class="b whole"><i .style=${`left:0;width:${100 * share}%;background:var(--ink)`}></i></span>
      <span class="v" data-sum="a" data-value=${a}>${fixed(a)}</span></div>
  </div>`;
}

/** Return the least and the largest value that an activation function has; for one without bounds, a range with a in it.
 * @param {string | null} activation @param {number} a @returns {[number, number]} */
export function range(activation, a) {
  if (activation === "tanh") return [-1, 1];
  if (activation === "sigmoid" || activation === "softmax") return [0, 1];
  return [Math.min(0, a), Math.max(1, a)];
}

/** @param {unknown} name @param {string} id @param {number} value @param {number} from @param {number} room */
function part(name, id, value, from, room) {
  return html`<div class="t"><span>${name}</span>${strip(value, from, room)}
    <span class="v" data-sum=${id} data-value=${value}>${signed(value)}</span></div>`;
}

/** @param {number} value @param {number} from @param {number} room */
function strip(value, from, room) {
  const left = 50 + (50 * Math.min(from, from + value)) / room;
  const colour = value < 0 ? "neg" : "pos";
  const place = `left:${left}%;width:${(50 * Math.abs(value)) / room}%;background:var(--${colour})`;
  return html`<span class="b"><i class="line"></i><i .style=${place}></i></span>`;
}
