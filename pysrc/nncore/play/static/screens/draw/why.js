/** Why the selected neuron of Draw says what it says: its inputs, its weights, and their sum. */

import { steadyMaximum } from "../../lib/colours.js";
import { fixed, signed } from "../../lib/numbers.js";
import { range, sum } from "../../parts/sum.js";
import { terms } from "../../parts/terms.js";
import { html, nothing } from "../../vendor/lit-html.js";
import { activationTop, map } from "./layers.js";

/** @typedef {import("../draw.js").Draw} Draw */

const MOST_FILTERS = 10;

/** @type {Record<string, string>} */
const FUNCTIONS = { sigmoid: "σ(z)", tanh: "tanh z", relu: "max(0, z)", softmax: "softmax(z)", linear: "z" };

/** @param {Draw} screen */
export function explanation(screen) {
  const { layer: at, neuron } = screen.selected();
  return screen.known.layers[at].shape.length > 1 ? ofMap(screen, at, neuron) : ofNeuron(screen, at, neuron);
}

/** @param {Draw} screen @param {number} at @param {number} neuron */
function ofNeuron(screen, at, neuron) {
  const { layers, classes } = screen.known;
  const layer = layers[at];
  const { z, a } = screen.valuesOf(at);
  const before = at ? screen.valuesOf(at - 1).a : screen.pixels;
  const weights = screen.weightsOf(at, neuron);
  const products = weights.map((weight, k) => weight * before[k]);
  const parts = {
    ...totals(products),
    bias: /** @type {Float32Array} */ (layer.biases)[neuron],
    z: /** @type {Float32Array} */ (z)[neuron],
    a: a[neuron],
  };
  const symbol = FUNCTIONS[layer.activation ?? ""] ?? "";
  const words = {
    plus: at ? "neurons that speak for it" : "pixels that speak for it",
    minus: at ? "neurons against" : "pixels that speak against",
    activation: html`<span class="m">${symbol}</span>`,
    range: range(layer.activation, parts.a),
  };
  const aim = at === layers.length - 1 ? `: what speaks for ${classes[neuron]}` : "";
  return html`<div class="lab"><h3>Neuron ${neuron} of layer ${at + 2}${aim}</h3><span class="cap"><span
      class="m">z = Σ w a<sup class="r">${at + 1}</sup> + b</span>, &nbsp;<span class="m">a = ${symbol}</span></span></div>
    ${at === 0 && weights.length === 784
      ? html`<div class="sum">${ofPixels(screen, weights, products)}${sum(parts, words)}</div>`
      : html`<div class="summands">${terms(products, at + 1)}${sum(parts, words)}</div>`}`;
}

/** Return the least and the largest number. @param {Float32Array} numbers */
function ends(numbers) {
  let [least, most] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (number < least) least = number;
    if (number > most) most = number;
  }
  return [least, most];
}

/** Return the sum of what speaks for a neuron, and of what speaks against it. @param {Float32Array} products */
function totals(products) {
  let [plus, minus] = [0, 0];
  for (const product of products) {
    if (product > 0) plus += product;
    else if (product < 0) minus += product;
  }
  return { plus, minus };
}

/** The pixels, times the weights, are the products. @param {Draw} screen @param {Float32Array} weights @param {Float32Array} products */
function ofPixels(screen, weights, products) {
  const scale = screen.weightScale(0);
  const [least, most] = ends(weights);
  return html`<figure><nn-picture class="p" .values=${screen.pixels}></nn-picture><figcaption><span
      class="m">a<sup class="r">1</sup></span>, what it sees</figcaption></figure><div class="op">×</div>
    <figure><nn-picture class="p" .values=${weights} .max=${scale}></nn-picture><figcaption><span class="m">w</span>,
      ${fixed(least, 2)} to ${signed(most)}</figcaption></figure><div class="op">=</div>
    <figure><nn-picture class="p" .values=${products} .max=${scale}></nn-picture><figcaption>weight ×
      pixel</figcaption></figure>`;
}

/** @param {Draw} screen @param {number} at @param {number} k */
function ofMap(screen, at, k) {
  const layer = screen.known.layers[at];
  const { a } = screen.valuesOf(at);
  const [, rows, wide] = layer.shape;
  const large = html`<figure><nn-picture class="p" .values=${map(a, k, layer.shape, activationTop(layer, a))} .rows=${rows}
    .columns=${wide}></nn-picture><figcaption>map ${k}, ${rows} x ${wide}</figcaption></figure>`;
  const name = html`<h3>Map ${k} of layer ${at + 2}</h3>`;
  if (!layer.weights) {
    const window = (layer.size ?? []).join(" x ");
    return html`<div class="lab">${name}<span class="cap">the largest of each ${window}</span></div>
      <div class="sum">${large}</div>`;
  }
  const [, channels, high, across] = layer.weights.shape ?? [];
  const each = high * across;
  const filters = layer.weights.subarray(k * channels * each, (k + 1) * channels * each);
  const scale = steadyMaximum(filters);
  const shown = Array.from({ length: Math.min(channels, MOST_FILTERS) }, (_, c) => html`<figure><nn-picture
    class=${channels > 1 ? "small" : "p"} .values=${filters.subarray(c * each, (c + 1) * each)} .rows=${high}
    .columns=${across} .max=${scale}></nn-picture><figcaption>${channels > 1
      ? `map ${c}` : html`filter <span class="m">w</span>`}</figcaption></figure>`);
  return html`<div class="lab">${name}<span class="cap"><span class="m">a = ${layer.activation}(w * a<sup
      class="r">${at + 1}</sup> + b)</span></span></div>
    <div class="sum filters">${shown}<div class="op">→</div>${large}<div class="cap">bias <span class="m">b</span> =
      ${signed(/** @type {Float32Array} */ (layer.biases)[k])}${channels > MOST_FILTERS
        ? html`<br>The first ${MOST_FILTERS} of ${channels} filters.` : nothing}</div></div>`;
}
