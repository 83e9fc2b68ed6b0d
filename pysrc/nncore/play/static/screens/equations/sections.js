/** The parts of the screen from top to bottom: the digit, BP1, BP2, then BP3 and BP4. */

import { fixed } from "../../lib/numbers.js";
import "../../lib/pictures.js";
import { signedKey } from "../../parts/keys.js";
import { html, nothing } from "../../vendor/lit-html.js";
import { heads, outer, scaleOf, table } from "./cells.js";
import { bp1, bp2, bp3, bp4, equation, symbol } from "./lines.js";
import { costText } from "./number.js";

/** @typedef {import("./quantities.js").Seen} Seen */
/** @typedef {import("./quantities.js").Values} Values */
/** @typedef {import("./cells.js").Hand} Hand */
/** @typedef {import("./cells.js").Row} Row */
/** @typedef {{ title: string, draws: boolean, sentence: string, kept_back: string, pairs: number[], labels: string[],
 *   classes: string[], reads_digits: boolean }} Network */
/** @typedef {{ pixels: Float32Array, title: string }} Shown */
/** @typedef {{ labelled: boolean, setLabel: (label: number) => void, setLayer: (layer: number) => void }} Acts
 *   `labelled`: the digit has a label of its own. */

const SIDE = 28;

/** The digit, what the network answers, and what goes forward in the lower layer.
 * @param {Network} network @param {Seen & Shown} seen @param {Hand} hand @param {Acts} acts */
export function digit(network, seen, hand, acts) {
  const best = seen.last.a[seen.last.a.length > 1 ? seen.answer : 0];
  const name = (seen.last.a.length > 1 ? network.classes : network.labels)[seen.answer];
  const below = /** @type {Values} */ (seen.below);
  return html`<section class="bp first">
    <div class="case">
      <div class="seen"><nn-picture .values=${seen.pixels}></nn-picture>${pixel(hand.lit.get("a1"))}</div>
      <div><h3 class="small">${seen.title}${label(network, seen, acts)}</h3>
        <p class="cap" aria-live="polite">It answers ${name}, with <span data-answer data-value=${best}>${fixed(best)}</span>.<br>
          Cost <span class="m">C</span> = <b data-cost data-value=${String(seen.cost)}>${costText(seen)}</b></p>
        ${network.pairs.length > 1 ? layers(network, seen, acts) : nothing}</div>
    </div>
    <div>${seen.layer === null ? nothing : table(`Layer ${seen.layer}`, forwardRows(seen.layer, below), hand,
      heads(seen.layer === 1 ? "pixel" : "neuron", below.a.length, hand.room))}
      ${network.kept_back ? html`<p class="cap kept">${network.kept_back}</p>` : nothing}</div>
  </section>`;
}

/** @param {{ target: HTMLSelectElement }} event */
const chosen = ({ target }) => Number(target.value);

/** @param {Network} network @param {Seen} seen @param {Acts} acts */
function label({ labels }, seen, { labelled, setLabel }) {
  if (labelled) return html`, a ${labels[seen.label]}`;
  return html`, <label>a <select aria-label="Its label" data-label
    @change=${(/** @type {{ target: HTMLSelectElement }} */ event) => setLabel(chosen(event))}>${labels.map(
      (each, at) => html`<option value=${at} .selected=${at === seen.label}>${each}</option>`)}</select></label>`;
}

/** @param {Network} network @param {Seen} seen @param {Acts} acts */
function layers({ pairs }, seen, { setLayer }) {
  return html`<label class="cap">Layers <select aria-label="Which layers are shown" data-layers
    @change=${(/** @type {{ target: HTMLSelectElement }} */ event) => setLayer(chosen(event))}>${pairs.map(
      (layer) => html`<option value=${layer} .selected=${layer === seen.layer}>${layer} and ${layer + 1}</option>`)}</select></label>`;
}

/** A frame around the pixel that is pointed at. @param {unknown} k */
function pixel(k) {
  if (typeof k !== "number") return nothing;
  const percent = (/** @type {number} */ cells) => `${(100 * cells) / SIDE}%`;
  const place = `left:${percent(k % SIDE)};top:${percent(Math.floor(k / SIDE))};width:${percent(1)};height:${percent(1)}`;
  return html`<span class="frame-n" .style=${place}></span>`;
}

/** @param {number} layer @param {Values} below @returns {Row[]} */
const forwardRows = (layer, { z, a }) => [...(z ? [row(`z${layer}`, z)] : []), row(`a${layer}`, a)];

/** BP1. @param {Seen} seen @param {Hand} hand */
export function output(seen, hand) {
  const { last, layers: n, y, quadratic } = seen;
  const delta = /** @type {Float64Array} */ (last.delta);
  const three = (/** @type {number} */ value) => fixed(value);
  const rows = [
    row(`a${n}`, last.a, three),
    row("y", y, String),
    ...(last.sigma_prime ? [row(`s${n}`, last.sigma_prime, three, !quadratic)] : []),
    row(`d${n}`, delta, (value) => fixed(value, 4)),
  ];
  const one = `${y.length === 1 ? "One number" : "One number for each output"}.`;
  return html`<section class="bp"><div><h3 class="small">BP1 &ensp;the error of the output layer</h3>
      ${equation(quadratic ? "BP1" : "BP1, whose sigma prime is struck out", bp1(seen), hand)}
      <p class="cap">${quadratic ? one : "This cost cancels σ′(z)."}</p>${key(`d${n}`, delta)}</div>
    ${table("BP1, the output layer", rows, hand, heads("output", y.length, hand.room))}</section>`;
}

/** BP2. @param {Seen} seen @param {Hand} hand */
export function back({ below, layer }, hand) {
  const title = html`<h3 class="small">BP2 &ensp;the error of the layer before</h3>`;
  if (!below?.delta || !below.error || !below.sigma_prime) {
    return html`<section class="bp"><div>${title}</div>
      <p class="cap">Layer 1 is the input: it has no weights before it, and the error ends at layer 2.</p></section>`;
  }
  const rows = [row(`u${layer}`, below.error), row(`s${layer}`, below.sigma_prime), row(`d${layer}`, below.delta)];
  return html`<section class="bp"><div>${title}${equation("BP2", bp2(Number(layer)), hand)}${key(`d${layer}`, below.delta)}</div>
    ${table(`BP2, layer ${layer}`, rows, hand)}</section>`;
}

/** BP3 and BP4. @param {Seen} seen @param {Hand} hand */
export function gradients({ above, below, between, layer, layers: last }, hand) {
  const biases = html`<div><h3 class="small">BP3 &ensp;the biases</h3>${equation("BP3", bp3(last), hand)}</div>`;
  if (layer === null || !above?.delta || !below || !between) return html`<section class="bp">${biases}</section>`;
  const q = `n${layer + 1}`;
  const values = between.nabla_w;
  const picture = { above: row(`a${layer}`, below.a), side: row(`d${layer + 1}`, above.delta), q, values, scale: scaleOf(q, values) };
  return html`<section class="bp"><div><div class="both">${biases}
      <div><h3 class="small">BP4 &ensp;the weights</h3>${equation("BP4", bp4(layer), hand)}</div></div>${key(q, values)}</div>
    ${outer("BP4, the weights", picture, hand)}</section>`;
}

/** @param {string} q @param {Float64Array} values @param {(value: number) => string} [text] @param {boolean} [struck] @returns {Row} */
const row = (q, values, text, struck) => ({ q, label: symbol(q), values, scale: scaleOf(q, values), text, struck });

/** The key of the signed scale of a quantity. @param {string} q @param {Float64Array} values */
function key(q, values) {
  const name = q[0] === "n" ? html`<span class="m">∂C/∂w</span>` : html`<span class="m q-${q[0]}">${symbol(q)}</span>`;
  return signedKey(/** @type {any} */ (name), scaleOf(q, values).most);
}
