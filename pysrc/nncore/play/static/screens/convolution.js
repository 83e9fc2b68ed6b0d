/** Convolution: a filter moves over the reader's digit, and every number of one neuron of the feature map is shown. */

import { signedScale, steadyMaximum, textOn, themes } from "../lib/colours.js";
import { latest } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { fixed, percent, signed, significant } from "../lib/numbers.js";
import "../lib/pictures.js";
import { tip } from "../lib/tooltip.js";
import { View } from "../lib/view.js";
import { formOfStrokes } from "../net/mnist_form.js";
import { ranked } from "../parts/answer.js";
import { head } from "../parts/head.js";
import { signedKey } from "../parts/keys.js";
import { range, sum } from "../parts/sum.js";
import { html, nothing } from "../vendor/lit-html.js";
import "./convolution/window.js";

/** @typedef {{ title: string, is_open: boolean, accuracy: number }} About */
/** @typedef {{ filters: Float32Array & { shape: number[] }, biases: Float32Array, activation: string, shape: number[], pooling: number[] | null,
 *   convolutional: About, dense: About }} Network */
/** @typedef {{ z: Float32Array, a: Float32Array, pooled: Float32Array | null, convolutional: Float32Array, dense: Float32Array }} Values */

const SIDE = 28;
const FURTHEST = 4; // pixels that a digit is moved at most
const WAYS = /** @type {[string, string, number, number][]} */ ([["←", "left", -1, 0], ["↑", "up", 0, -1], ["↓", "down", 0, 1], ["→", "right", 1, 0]]);

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "convolution",
  title: "Convolution",
  chapter: "Chapter 6",
  defaults: { strokes: [], digit: 78, map: 13, row: 12, column: 15, right: 0, down: 0 },
  shared: ["strokes", "digit"],
  render({ model, el }) {
    const screen = new Convolution(model, el);
    return () => screen.end();
  },
};

class Convolution extends View {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    /** @type {Network | null} */
    this.network = null;
    /** @type {Float32Array} */
    this.still = new Float32Array(SIDE * SIDE); // the digit where it was drawn
    /** @type {Float32Array} */
    this.pixels = this.still; // and where it was moved to
    /** @type {{ index: number, pixels: Uint8Array, label: number } | null} */
    this.digit = null;
    /** @type {Values | null} */
    this.values = null;
    /** @type {Values | null} */
    this.before = null; // of the digit that was not moved
    this.forward = latest(() => this.askForward());
    this.endKeys = onKeys(el, { "0-9": (event) => this.nextDigit(Number(event.key)), Escape: () => this.shift(0, 0) });
    themes.addEventListener("change", this.paint);
    this.patiently(async () => {
      this.network = await this.core.ask("network");
      await this.see();
    });
  }

  end() {
    this.endKeys();
    themes.removeEventListener("change", this.paint);
    super.end();
  }

  /** Return a whole number of the state, within bounds. @param {string} name @param {number} least @param {number} most */
  whole(name, least, most) {
    const value = Math.round(this.model.get(name));
    return Number.isFinite(value) ? Math.max(least, Math.min(most, value)) : least;
  }

  /** Find the pixels, and ask for what both networks make of them. */
  async see() {
    const index = this.model.get("digit");
    if (index >= 0 && this.digit?.index !== index) this.digit = await this.core.ask("example", { after: index - 1 });
    const bytes = index >= 0 && this.digit ? this.digit.pixels : formOfStrokes(this.model.get("strokes")) ?? new Uint8Array(SIDE * SIDE);
    this.still = Float32Array.from(bytes, (byte) => byte / 256);
    await this.askForward();
  }

  async askForward() {
    const [right, down] = [this.whole("right", -FURTHEST, FURTHEST), this.whole("down", -FURTHEST, FURTHEST)];
    const still = this.still;
    const pixels = moved(still, right, down);
    const [before, values] = await Promise.all([this.core.ask("forward", { pixels: still }), this.core.ask("forward", { pixels })]);
    if (still !== this.still) return;
    [this.before, this.values, this.pixels] = [before, values, pixels];
    this.paint();
  }

  /** @param {number} [label] */
  nextDigit(label) {
    return this.patiently(async () => {
      const after = this.model.get("digit");
      this.digit = await this.core.ask("example", label === undefined ? { after } : { label, after });
      this.set({ digit: this.digit?.index, strokes: [], right: 0, down: 0 });
      await this.see();
    });
  }

  /** Move the digit; (0, 0) puts it back. @param {number} right @param {number} down */
  shift(right, down) {
    const next = (/** @type {string} */ name, /** @type {number} */ by) => (right || down ? Math.max(-FURTHEST, Math.min(FURTHEST, this.whole(name, -FURTHEST, FURTHEST) + by)) : 0);
    this.set({ right: next("right", right), down: next("down", down) });
    this.forward();
  }

  /** The neuron of the feature maps that is looked at, and its window. */
  get place() {
    const network = /** @type {Network} */ (this.network);
    const [maps, rows, columns] = network.shape;
    const [, high, wide] = network.filters.shape;
    return { map: this.whole("map", 0, maps - 1), row: this.whole("row", 0, rows - 1), column: this.whole("column", 0, columns - 1), high, wide, rows, columns };
  }

  view() {
    return html`${head(this.model, "Convolution", "Move the window over the digit. One filter looks everywhere.")}
      ${this.refusal()}
      ${!this.network && this.waits ? html`<p class="cap">A small convolutional network learns to read the bundled digits. It takes a second or two.</p>` : nothing}
      ${this.network && this.values ? html`<section class="stage"><div class="one">${this.drawing()}</div><div class="two">${this.product(this.network, this.values)}</div>
        <div class="three">${this.maps(this.network, this.values)}</div></section>
        <section class="below"><div>${this.all(this.network, this.values)}</div><div>${this.outputs(this.network, this.values)}</div></section>` : nothing}`;
  }

  drawing() {
    const { row, column, high, wide, rows, columns } = this.place;
    const index = this.model.get("digit");
    const [right, down] = [this.whole("right", -FURTHEST, FURTHEST), this.whole("down", -FURTHEST, FURTHEST)];
    return html`<div class="lab"><h3>Your digit</h3><span class="cap dim">${index >= 0 && this.digit ? `test digit ${index}, a ${this.digit.label}` : "as drawn on Draw"}</span></div>
      <nn-window class="digit" aria-label="The digit with the window. Arrows move the window." .state=${{ values: this.pixels, rows: SIDE, columns: SIDE, top: 1,
        box: { row, column, high, wide }, reach: [rows, columns] }} @place=${(/** @type {CustomEvent} */ { detail }) => this.set(detail)}></nn-window>
      <div class="row shift"><span class="cap">Shift it</span>${WAYS.map(([sign, way, x, y]) => html`<button class="btn" aria-label=${`Shift the digit ${way} by a pixel`} @click=${() => this.shift(x, y)}>${sign}</button>`)}
        <button class="btn" ?disabled=${!right && !down} @click=${() => this.shift(0, 0)}>Back</button></div>
      <div class="row"><button class="btn" @click=${() => this.nextDigit()}>A test digit</button>${this.model.host?.go ? html`<button class="btn" @click=${() => this.model.host?.go?.("draw")}>Draw one</button>` : nothing}</div>`;
  }

  /** The filter, its products with the window, and their sum. @param {Network} network @param {Values} values */
  product({ filters, biases, activation, shape }, { z, a }) {
    const { map, row, column, high, wide } = this.place;
    const filter = filters.subarray(map * high * wide, (map + 1) * high * wide);
    const seen = Array.from(filter, (_, at) => this.pixels[(row + Math.floor(at / wide)) * SIDE + column + (at % wide)]);
    const products = Array.from(filter, (w, at) => w * seen[at]);
    const scale = steadyMaximum(filters, 0.25);
    const at = (map * shape[1] + row) * shape[2] + column;
    const parts = { plus: total(products, 1), minus: total(products, -1), bias: biases[map], z: z[at], a: a[at] };
    const symbol = { sigmoid: "σ(z)", tanh: "tanh z", relu: "max(0, z)", linear: "z" }[activation] ?? "";
    return html`<div class="lab"><h3>Filter ${map}, at row ${row}, column ${column}</h3><span class="cap"><span class="m">z = Σ w a + b</span></span></div>
      <div class="times"><figure>${cells(filter, wide, scale, "filter", 2)}<figcaption>filter <span class="m">w</span></figcaption></figure><span class="op">×</span>
        <figure><nn-picture .values=${Float32Array.from(seen)} .rows=${high} .columns=${wide}></nn-picture><figcaption>window</figcaption></figure><span class="op">=</span>
        <figure>${cells(products, wide, scale, "product", 2)}<figcaption>${high * wide} products</figcaption></figure></div>
      ${sum(parts, { plus: "products that speak for it", minus: "products against", activation: html`<span class="m">${symbol}</span>`, range: range(activation, parts.a), least: 4 })}
      <div class="keys">${signedKey("weight", scale)}</div>`;
  }

  /** The feature map, and what max-pooling keeps of it. @param {Network} network @param {Values} values */
  maps(network, { a, pooled }) {
    const { map, row, column, rows, columns } = this.place;
    const top = topOf(a);
    const size = rows * columns;
    const mine = a.subarray(map * size, (map + 1) * size);
    const signs = network.activation === "tanh" || network.activation === "linear";
    const [high, wide] = network.pooling ?? [1, 1];
    const cell = { row: Math.floor(row / high), column: Math.floor(column / wide) };
    const small = [Math.floor(rows / high), Math.floor(columns / wide)];
    const inside = cell.row < small[0] && cell.column < small[1];
    const group = inside ? Array.from({ length: high * wide }, (_, k) => ({ row: cell.row * high + Math.floor(k / wide), column: cell.column * wide + (k % wide) })) : [];
    const taken = group.reduce((best, each) => (mine[each.row * columns + each.column] > mine[best.row * columns + best.column] ? each : best), group[0]);
    const kept = pooled?.subarray(map * small[0] * small[1], (map + 1) * small[0] * small[1]);
    const value = mine[row * columns + column];
    return html`<div class="lab"><h3>Feature map ${map}</h3><span class="cap">${rows} x ${columns}</span></div>
      <nn-window class="map" aria-label="The feature map with the cell of this window. Arrows move it." .state=${{ values: mine, rows, columns, top, signs, box: { row, column, high: 1, wide: 1 },
        group: network.pooling && inside ? { row: cell.row * high, column: cell.column * wide, high, wide } : null, reach: [rows, columns] }} @place=${(/** @type {CustomEvent} */ { detail }) => this.set(detail)}></nn-window>
      <p class="cap"><span class="m">a</span> = <b data-number="a" data-value=${value}>${fixed(value)}</b><span class="key end">0<i class="s"></i>${significant(top, 2)}</span></p>
      ${kept && inside ? html`<div class="lab pooled"><h3>Max-pooling</h3><span class="cap">${small[0]} x ${small[1]}</span></div>
        <div class="pools"><nn-window class="small" inert .state=${{ values: kept, rows: small[0], columns: small[1], top, signs, box: { ...cell, high: 1, wide: 1 }, reach: null }}></nn-window>
        <div class="four" .style=${`grid-template-columns:repeat(${wide},1fr)`}>${group.map((each) => { const x = mine[each.row * columns + each.column]; return html`<span class=${each === taken ? "taken" : ""} data-four=${each === taken ? "taken" : ""} data-value=${x}>${fixed(x, 2)}</span>`; })}</div></div>
        <p class="cap">The largest of ${high * wide} is kept: <b data-number="pooled" data-value=${kept[cell.row * small[1] + cell.column]}>${fixed(kept[cell.row * small[1] + cell.column])}</b></p>` : nothing}`;
  }

  /** All maps of the layer. @param {Network} network @param {Values} values */
  all(network, { a }) {
    const { map, rows, columns } = this.place;
    const top = topOf(a);
    const signs = network.activation === "tanh" || network.activation === "linear";
    const [count] = network.shape;
    const shown = Math.min(count, 20);
    return html`<div class="lab"><h3>${count === shown ? `All ${count} maps` : `The first ${shown} of ${count} maps`}</h3><span class="cap">each by one filter</span></div>
      <div class="grid">${Array.from({ length: shown }, (_, k) => html`<button class=${k === map ? "cell on" : "cell"} data-map=${k} aria-label=${`Feature map ${k}`} aria-pressed=${k === map} @click=${() => this.set({ map: k })}>
        <nn-picture .values=${a.subarray(k * rows * columns, (k + 1) * rows * columns).map((x) => x / top)} .rows=${rows} .columns=${columns} .max=${signs ? 1 : null}></nn-picture></button>`)}</div>
      ${this.model.get("right") || this.model.get("down") ? html`<p class="cap ticks">A tick is an output before the shift. “Moved by” is the sum of the ten changes.</p>` : nothing}`;
  }

  /** The outputs of both networks, and how far the shift has moved them. @param {Network} network @param {Values} values */
  outputs(network, values) {
    const before = /** @type {Values} */ (this.before);
    const [right, down] = [this.whole("right", -FURTHEST, FURTHEST), this.whole("down", -FURTHEST, FURTHEST)];
    const words = [Math.abs(right) && `${Math.abs(right)} ${right > 0 ? "right" : "left"}`, Math.abs(down) && `${Math.abs(down)} ${down > 0 ? "down" : "up"}`].filter(Boolean).join(", ");
    const one = (/** @type {"convolutional" | "dense"} */ kind, /** @type {string} */ name) => {
      const [a, old] = [values[kind], before[kind]];
      const far = a.reduce((sum, x, k) => sum + Math.abs(x - old[k]), 0);
      const [best] = ranked(a);
      return html`<div class="net" data-net=${kind}><div class="lab"><h3>${name}</h3><span class="cap" title=${network[kind].title}>${network[kind].is_open ? "open, " : ""}${percent(network[kind].accuracy, 1000)} of test digits</span></div>
        ${Array.from(a, (x, k) => {
          const { show: over, hide } = tip(() => `Output ${k}: ${fixed(x, 6)}; before the shift ${fixed(old[k], 6)}`);
          return html`<div class=${k === best ? "out best" : "out"} @pointermove=${over} @pointerleave=${hide}><b>${k}</b><span class="bar"><i .style=${`width:${100 * x}%`}></i><em .style=${`left:${100 * old[k]}%`}></em></span><span class="v" data-output=${k} data-value=${x}>${fixed(x)}</span></div>`;
        })}<p class="cap" aria-live="polite">${words ? html`${words}: moved by <b data-moved=${kind} data-value=${far}>${fixed(far, 2)}</b>` : "Shift the digit to see how far these move."}</p></div>`;
    };
    return html`<div class="two-nets">${one("convolutional", "Convolutional")}${one("dense", "Dense")}</div>
`;
  }
}

/** Return the pixels of a digit that is moved; what leaves the square is lost. @param {Float32Array} pixels @param {number} right @param {number} down */
export function moved(pixels, right, down) {
  return pixels.map((_, at) => {
    const [row, column] = [Math.floor(at / SIDE) - down, (at % SIDE) - right];
    return row >= 0 && row < SIDE && column >= 0 && column < SIDE ? pixels[row * SIDE + column] : 0;
  });
}

/** Return the activation that has the full colour: few of a layer lie above it. @param {Float32Array} a */
function topOf(a) {
  const sizes = a.map(Math.abs).sort();
  return steadyMaximum([sizes[Math.floor(0.998 * (sizes.length - 1))]]);
}

/** @param {number[]} numbers @param {number} sign */
const total = (numbers, sign) => numbers.reduce((sum, x) => (x * sign > 0 ? sum + x : sum), 0);

/** Numbers in coloured cells. @param {ArrayLike<number>} values @param {number} wide @param {number} max @param {string} name @param {number} decimals */
function cells(values, wide, max, name, decimals) {
  const colour = signedScale(max);
  return html`<div class="numbers" .style=${`grid-template-columns:repeat(${wide},1fr)`}>${Array.from(values, (x) => {
    const fill = colour(x);
    return html`<span data-cell=${name} data-value=${x} .style=${`background:rgb(${fill});color:${textOn(fill)}`} title=${x}>${signed(x, decimals).replace("0.", ".")}</span>`;
  })}</div>`;
}
