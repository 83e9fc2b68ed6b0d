/** The layer in the middle of Draw: the neurons of a dense layer, or the maps of a convolutional or pooling one. */

import { steadyMaximum } from "../../lib/colours.js";
import { fixed, signed, significant } from "../../lib/numbers.js";
import { tip } from "../../lib/tooltip.js";
import { activationKey, signedKey } from "../../parts/keys.js";
import { html, nothing } from "../../vendor/lit-html.js";

/**
 * @typedef {import("../draw.js").Draw} Draw
 * @typedef {import("../draw.js").Layer} Layer
 */

const MOST_PICTURES = 100; // more neurons than that are shown as the first hundred

/** Return the number of neurons, or of what else has this shape. @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((one, other) => one * other, 1);

/** @param {Layer[]} layers @param {number} at */
export const layerName = (layers, at) => `Layer ${at + 2}: ${sizeOf(layers[at].shape)} neurons`;

/** @param {number} many */
const columns = (many) => (many <= 12 ? 4 : many <= 30 ? 6 : many <= 48 ? 8 : 12);

/** @param {Layer} layer @param {Float32Array} a */
function loud({ activation }, a) {
  const bound = activation === "sigmoid" ? 0.5 : 0;
  return `${a.filter((value) => value > bound).length} of ${a.length} above ${bound}`;
}

/** @param {Layer} layer */
const isSigned = ({ activation }) => activation === "tanh" || activation === "linear";

/** Return the activation at which its bar is full. @param {Layer} layer @param {Float32Array} a */
export function activationTop({ activation }, a) {
  const bounded = activation && activation !== "relu" && activation !== "linear";
  return bounded ? 1 : steadyMaximum(a, 1);
}

/** Return map k of a layer, its largest value 1. @param {Float32Array} a @param {number} k @param {number[]} shape @param {number} top */
export const map = (a, k, [, rows, wide], top) =>
  a.subarray(k * rows * wide, (k + 1) * rows * wide).map((value) => value / top);

/** @param {Draw} screen */
export function layerView(screen) {
  const { layers } = screen.known;
  const at = screen.shownLayer();
  const layer = layers[at];
  const name = layers.length > 2 ? tabs(screen, at) : html`<h3>${layerName(layers, at)}</h3>`;
  const said = screen.isEmpty() ? "no input yet" : loud(layer, screen.valuesOf(at).a);
  return html`<div class="lab">${name}<span class="cap">${said}</span></div>
    ${layer.shape.length > 1 ? maps(screen, at) : neurons(screen, at)}`;
}

/** @param {Draw} screen @param {number} at */
function tabs(screen, at) {
  return html`<div class="tabs" role="tablist"><h3>Layer</h3>${screen.known.layers.slice(0, -1).map((_, other) => html`
    <button role="tab" aria-selected=${other === at} aria-label=${`Layer ${other + 2}`}
      @click=${() => screen.select(other, 0)}>${other + 2}</button>`)}</div>`;
}

/**
 * The neurons of a dense layer: their weights as pictures where they see the pixels, else their activations.
 * @param {Draw} screen @param {number} at
 */
function neurons(screen, at) {
  const layer = screen.known.layers[at];
  const { z, a } = screen.valuesOf(at);
  const chosen = screen.selected();
  const seesPixels = at === 0 && sizeOf(layer.before) === 784;
  const most = Math.min(a.length, MOST_PICTURES);
  const top = activationTop(layer, a);
  const cells = Array.from({ length: most }, (_, j) => {
    const { show, hide } = tip(() => `Neuron ${j}: z = ${fixed(z ? z[j] : 0, 2)}, a = ${fixed(a[j])}`);
    const on = chosen.layer === at && chosen.neuron === j;
    return html`<button class="cell ${on ? "on" : ""}" aria-label=${`Neuron ${j} of layer ${at + 2}`} aria-pressed=${on}
      data-neuron=${j} data-value=${a[j]} @click=${() => screen.select(at, j)} @pointermove=${show} @pointerleave=${hide}>
      ${seesPixels ? weights(screen, j, a[j] / top) : activation(layer, a[j] / top)}</button>`;
  });
  return html`<div class="grid ${most > 48 ? "close" : ""}" .style=${`--columns:${columns(most)}`}>${cells}</div>
    ${most < a.length ? html`<p class="cap">The first ${most} of ${a.length} neurons.</p>` : nothing}
    <div class="keys">${seesPixels ? signedKey("weight", screen.weightScale(at)) : nothing}${top === 1
      ? activationKey("activation")
      : html`<span class="key">activation <b>0</b><i class="a"></i><b>${significant(top, 2)}</b></span>`}</div>`;
}

/** @param {Draw} screen @param {number} j @param {number} share Of the longest bar. */
function weights(screen, j, share) {
  return html`<nn-picture .values=${screen.weightsOf(0, j)} .max=${screen.weightScale(0)}></nn-picture><span class="act"><i
    class=${share < 0 ? "below" : ""} .style=${`width:${100 * Math.min(1, Math.abs(share))}%`}></i></span>`;
}

/** @param {Layer} layer @param {number} share */
function activation(layer, share) {
  return html`<nn-picture .values=${new Float32Array([share])} .rows=${1} .columns=${1}
    .max=${isSigned(layer) ? 1 : null}></nn-picture>`;
}

/** The feature maps of a convolutional or pooling layer. @param {Draw} screen @param {number} at */
function maps(screen, at) {
  const layer = screen.known.layers[at];
  const { a } = screen.valuesOf(at);
  const [count, rows, wide] = layer.shape;
  const chosen = screen.selected();
  const top = activationTop(layer, a);
  const signs = isSigned(layer);
  const cells = Array.from({ length: Math.min(count, MOST_PICTURES) }, (_, k) => html`<button
    class="cell ${chosen.layer === at && chosen.neuron === k ? "on" : ""}" aria-label=${`Map ${k} of layer ${at + 2}`}
    @click=${() => screen.select(at, k)}><nn-picture .values=${map(a, k, layer.shape, top)} .rows=${rows} .columns=${wide}
      .max=${signs ? 1 : null}></nn-picture></button>`);
  return html`<div class="grid ${count > 48 ? "close" : ""}" .style=${`--columns:${columns(count)}`}>${cells}</div>
    <div class="keys"><span class="cap dim">${count} maps of ${rows} x ${wide}</span><span class="key">activation
      <b>${signs ? signed(-top, 0) : 0}</b><i class=${signs ? "" : "s"}></i><b>${significant(top, 2)}</b></span></div>`;
}
