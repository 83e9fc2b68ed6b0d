/** The summands w a of a neuron, a signed bar for each neuron of the layer before. */

import { html, nothing } from "../vendor/lit-html.js";
import { signed } from "../lib/numbers.js";
import { tip } from "../lib/tooltip.js";

const MOST = 100;

/** @param {ArrayLike<number>} products @param {number} layer The book's number of the layer before. */
export function terms(products, layer) {
  const shown = Array.from(products).slice(0, MOST);
  const room = Math.max(1e-9, ...shown.map(Math.abs));
  return html`<div class="terms"><span class="cap"><span class="m">w a<sup class="r">${layer}</sup></span> of each neuron of layer ${layer}${
    shown.length < products.length ? `, the first ${MOST}` : ""}</span>
    <div class="columns" .style=${`--columns:${shown.length}`}>${shown.map((product, at) => {
      const { show, hide } = tip(() => `Neuron ${at}: w a = ${signed(product, 3)}`);
      const high = (50 * Math.abs(product)) / room;
      return html`<span class="column" data-term=${at} data-value=${product} @pointermove=${show} @pointerleave=${hide}><i
        .style=${`height:${high}%;${product < 0 ? "top:50%" : "bottom:50%"};background:var(--${product < 0 ? "neg" : "pos"})`}></i>${
        shown.length <= 30 || at % 5 === 0 ? html`<small>${at}</small>` : nothing}</span>`;
    })}</div></div>`;
}
