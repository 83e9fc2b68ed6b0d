/** Softmax: four numbers share 1 by their exponentials; beside it the ten outputs of a digit, by sigmoid and by softmax. */

import { steadyMaximum } from "../lib/colours.js";
import { latest, nextFrame, Core } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { later } from "../lib/later.js";
import { counted, fixed, signed, significant, typed } from "../lib/numbers.js";
import "../lib/pictures.js";
import { formOfStrokes } from "../net/mnist_form.js";
import { ranked } from "../parts/answer.js";
import { head } from "../parts/head.js";
import { same } from "../parts/same.js";
import "../parts/scrub.js";
import "../parts/slider.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";

/** @typedef {{ draws: boolean, sentence: string, classes: string[], layers: unknown[] }} Network */
/** @typedef {{ z: Float64Array, sigmoid: Float64Array, softmax: Float64Array, own: string | null }} Outputs */

const BOOK = [2.5, -1, 3.2, 0.5]; // the four numbers of chapter 3
const FARTHEST = 10;
const [COLDEST, HOTTEST] = [0.05, 100];

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "softmax",
  title: "Softmax",
  chapter: "Chapter 3",
  defaults: { strokes: [], digit: 78, z: BOOK, temperature: 1, row: 2 },
  shared: ["strokes", "digit"],
  render({ model, el }) {
    const screen = new Softmax(model, el);
    return () => screen.end();
  },
};

/** Return the exponentials of z / T, their sum, and the share of each; all shares are finite, however large z is.
 * @param {number[]} z @param {number} temperature */
export function shares(z, temperature) {
  const exponentials = z.map((each) => Math.exp(each / temperature));
  const sum = exponentials.reduce((total, each) => total + each, 0);
  const most = Math.max(...z);
  const scaled = z.map((each) => Math.exp((each - most) / temperature));
  const whole = scaled.reduce((total, each) => total + each, 0);
  return { exponentials, sum, a: scaled.map((each) => each / whole) };
}

class Softmax {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.core = new Core(model);
    /** @type {Network | null} */
    this.network = null;
    /** @type {{ index: number, label: number, pixels: Float32Array } | null} */
    this.digit = null;
    /** @type {{ pixels: Float32Array, name: string, temperature: number, outputs: Outputs } | null} */
    this.seen = null;
    this.error = "";
    this.paint = nextFrame(() => show(this.view(), el));
    this.ask = latest(() => this.askOutputs());
    this.ended = false;
    this.keep = later(() => this.ended || model.save_changes());
    this.endKeys = onKeys(el, { "0-9": (event) => this.nextDigit(Number(event.key)) });
    this.changed = () => this.ask();
    for (const name of ["strokes", "digit", "temperature"]) model.on(`change:${name}`, this.changed);
    this.begin();
  }

  end() {
    this.ended = true;
    this.endKeys();
    this.core.end();
    for (const name of ["strokes", "digit", "temperature"]) this.model.off(`change:${name}`, this.changed);
  }

  async begin() {
    this.paint();
    try {
      this.network = await this.core.ask("network");
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
    this.ask();
  }

  /** Set a part of the state, and keep it. @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
    this.paint();
  }

  /** Set what is dragged; the link follows when it rests. @param {Record<string, unknown>} parts */
  change(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.keep();
    this.paint();
  }

  /** Return the four numbers; a link may have brought others. @returns {number[]} */
  z() {
    const given = this.model.get("z");
    const right = Array.isArray(given) && given.length === 4 && given.every((each) => typeof each === "number" && Math.abs(each) <= FARTHEST);
    return right ? given : BOOK;
  }

  /** @returns {number} */
  temperature() {
    const given = this.model.get("temperature");
    return given >= COLDEST && given <= HOTTEST ? given : 1;
  }

  /** Return which of the four rows is written out. */
  row() {
    const given = this.model.get("row");
    return [0, 1, 2, 3].includes(given) ? given : 2;
  }

  /** Ask for the outputs of the digit that is on Draw. */
  async askOutputs() {
    if (!this.network?.draws) return;
    try {
      const index = this.model.get("digit");
      if (index >= 0 && this.digit?.index !== index) {
        const found = await this.core.ask("example", { after: index - 1 });
        this.digit = { ...found, pixels: Float32Array.from(found.pixels, (byte) => byte / 256) };
      }
      const digit = index >= 0 ? this.digit : null;
      const strokes = this.model.get("strokes");
      const pixels = digit ? digit.pixels : Float32Array.from(formOfStrokes(strokes) ?? new Uint8Array(784), (byte) => byte / 256);
      const temperature = this.temperature();
      const outputs = await this.core.ask("outputs", { pixels, temperature });
      const name = digit ? `test digit ${digit.index}, a ${digit.label}` : strokes.length ? "your drawing" : "an empty pad";
      this.seen = { pixels, name, temperature, outputs };
      this.error = "";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** Take a test digit: the next one of a class, or of any class. @param {number} [label] */
  async nextDigit(label) {
    const after = this.model.get("digit");
    try {
      const found = await this.core.ask("example", label === undefined ? { after } : { label, after });
      this.digit = { ...found, pixels: Float32Array.from(found.pixels, (byte) => byte / 256) };
      this.set({ digit: found.index });
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
    }
  }

  /** Show the reader's drawing; if it is shown, or there is none, go where one draws. */
  myDrawing() {
    const { model } = this;
    if (model.get("digit") >= 0 && model.get("strokes").length) this.set({ digit: -1 });
    else model.host?.go?.("draw", { digit: -1 });
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([]);
    if (this.network?.draws) {
      if (this.model.host?.go || this.model.get("strokes").length) tools.push(["My drawing", () => this.myDrawing()]);
      tools.push(["Next digit", () => this.nextDigit()]);
    }
    return html`${head(this.model, "Softmax", "Drag a z: its share grows, and all the others pay for it.", tools)}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      <section class="sides-of"><div class="four">${this.four()}</div><div class="ten">${this.ten()}</div></section>`;
  }

  /** The four numbers, their exponentials and their shares. */
  four() {
    const z = this.z();
    const temperature = this.temperature();
    const four = shares(z, temperature);
    const top = steadyMaximum([four.sum], 1);
    const over = temperature === 1 ? "" : html`/T`;
    const lines = ["import nncore as nn, numpy as np", `z = np.array([${z.map(python).join(", ")}])`,
      `nn.functions.softmax(z${temperature === 1 ? "" : ` / ${temperature}`})`];
    return html`<div class="lab"><h3>Four numbers <span class="m">z</span>, and ${power("z", over)}</h3><h3>Their shares <span class="m">a</span></h3></div>
      ${z.map((each, j) => this.share(j, each, four.exponentials[j], top, four.a[j]))}
      ${sums(four, top)}
      <div class="scales"><span><b>0</b><b>${top >= 1 && top < 1e6 ? counted(top) : large(top)}</b></span><span><b>0</b><b>1</b></span></div>
      ${written(this.row(), four, over)}
      <div class="heat">
        <nn-slider .symbol=${"T"} .name=${"temperature"} .least=${0.1} .most=${10} .steps=${80} .scale=${"log"} .check=${checkTemperature} .value=${temperature}
          @value=${(/** @type {CustomEvent} */ event) => this.change({ temperature: event.detail })}></nn-slider>
        <span class="tick" aria-hidden="true"><i></i>T = 1</span>
        <p class="cap ends"><span>low: the largest takes all</span><span>high: all are alike</span></p></div>
      ${same(lines.join("\n"))}`;
  }

  /** One of the four rows. @param {number} j @param {number} z @param {number} exponential @param {number} top @param {number} a */
  share(j, z, exponential, top, a) {
    const chosen = this.row() === j;
    const choose = () => chosen || this.set({ row: j });
    const drag = (/** @type {CustomEvent} */ event) => this.change({ z: this.z().map((other, at) => (at === j ? event.detail : other)), row: j });
    return html`<div class="share ${chosen ? "on" : ""}" @pointerdown=${choose} @focusin=${choose}>
      <span class="m">z<sub>${j}</sub></span>
      <nn-scrub .name=${`z ${j}`} .value=${z} .first=${BOOK[j]} .step=${0.05} .least=${-FARTHEST} .most=${FARTHEST} data-z=${j} data-value=${z} @value=${drag}></nn-scrub>
      ${bar(exponential / top, false)}<span class="v" data-exp=${j} data-value=${exponential}>${large(exponential)}</span>
      <span class="m a">a<sub>${j}</sub></span>${bar(a, true)}<b class="v" data-share=${j} data-value=${a}>${fixed(a)}</b></div>`;
  }

  /** The ten outputs, by sigmoid and by softmax. */
  ten() {
    const { network, seen } = this;
    if (network && !network.draws) return html`<div class="empty"><span>${network.sentence}</span></div>`;
    if (!network || !seen) return nothing;
    const { z, sigmoid, softmax, own } = seen.outputs;
    const [best, next] = ranked(z);
    const names = network.classes;
    const heat = seen.temperature === 1 ? "" : `, T = ${typed(seen.temperature)}`;
    const activation = (/** @type {string} */ name) => (own === name ? html` <span class="cap dim">the network's own</span>` : nothing);
    return html`<div class="lab case"><nn-picture .values=${seen.pixels}></nn-picture><div><h3>The outputs for ${seen.name}</h3>
        <p class="cap">Layer ${network.layers.length + 1}, the same <span class="m">z</span> in both columns.</p></div></div>
      <div class="both names"><span></span><span class="m v">z</span><h4>Sigmoid${activation("sigmoid")}</h4><span></span>
        <h4>Softmax${heat}${activation("softmax")}</h4><span></span></div>
      <div class="rows ${z.length > 12 ? "many" : ""}">${Array.from(z, (each, j) => html`<div class="both ${j === best ? "best" : ""}">
        <b>${names[j] ?? j}</b><span class="v" data-output-z=${j} data-value=${each}>${signed(each)}</span>
        ${bar(sigmoid[j], j === best)}<span class="v" data-sigmoid=${j} data-value=${sigmoid[j]}>${fixed(sigmoid[j])}</span>
        ${bar(softmax[j], j === best)}<span class="v" data-softmax=${j} data-value=${softmax[j]}>${fixed(softmax[j])}</span></div>`)}</div>
      <div class="both sums"><span></span><span></span><span>sum</span><span class="v" data-sigmoid-sum data-value=${total(sigmoid)}>${fixed(total(sigmoid))}</span>
        <span>sum</span><b class="v" data-softmax-sum data-value=${total(softmax)}>${fixed(total(softmax))}</b></div>
      <p class="differs" aria-live="polite">${this.difference(seen, best, next, names)}</p>`;
  }

  /** Say what differs. @param {{ temperature: number, outputs: Outputs }} seen @param {number} best @param {number | undefined} next @param {string[]} names */
  difference({ temperature, outputs: { sigmoid, softmax } }, best, next, names) {
    if (next === undefined) return "With one output softmax is always 1: it needs two or more to share it.";
    const so = temperature === 1 ? ", so they can be read as probabilities." : `, at T = ${typed(temperature)}.`;
    const has = (/** @type {Float64Array} */ a) => `${names[best]} has ${fixed(a[best])}, ${names[next]} has ${fixed(a[next])}`;
    return `Sigmoid asks of each output alone: ${has(sigmoid)}, and nothing ties them. Softmax shares 1 among all: ${has(softmax)}${so}`;
  }
}

/** @param {ArrayLike<number>} values */
const total = (values) => Array.from(values).reduce((sum, each) => sum + each, 0);

/** @param {number} share @param {boolean} ink */
const bar = (share, ink) => html`<span class="bar"><i class=${ink ? "ink" : ""} .style=${`width:${100 * share}%`}></i></span>`;

/** e to the power of a symbol. @param {unknown} symbol @param {unknown} over */
const power = (symbol, over) => html`<span class="m"><span class="r">e</span><sup>${symbol}${over}</sup></span>`;

/** The row of sums, whose bars are those above end to end. @param {{ exponentials: number[], sum: number, a: number[] }} four @param {number} top */
function sums({ exponentials, sum, a }, top) {
  return html`<div class="share total"><span></span><span>sum</span>
    ${stacked(exponentials.map((each) => each / top))}<span class="v" data-exp-sum data-value=${sum}>${large(sum)}</span>
    <span></span>${stacked(a)}<b class="v" data-share-sum data-value=${total(a)}>${fixed(total(a))}</b></div>`;
}

/** The share of one row, written out. @param {number} j @param {{ exponentials: number[], sum: number, a: number[] }} four @param {unknown} over */
function written(j, { exponentials, sum, a }, over) {
  const z = (/** @type {unknown} */ index) => html`z<sub>${index}</sub>`;
  return html`<p class="written" aria-live="polite"><span class="m">a<sub>${j}</sub></span> = ${power(z(j), over)} / <span class="m r">Σ</span><span
    class="m"><sub>k</sub></span> ${power(z("k"), over)} = ${large(exponentials[j])} / ${large(sum)} = <b>${fixed(a[j])}</b></p>`;
}

/** Shares end to end. @param {number[]} parts */
const stacked = (parts) => html`<span class="bar stack">${parts.map((part) => html`<i .style=${`width:${100 * part}%`}></i>`)}</span>`;

/** Return a number above 0 with four significant digits, and commas between thousands. @param {number} x */
const large = (x) => (x >= 1000 && x < 1e6 ? counted(Number(x.toPrecision(4))) : significant(x, 4));

/** @param {number} value */
const python = (value) => (Number.isInteger(value) ? `${value}.0` : String(value));

/** @param {number} value */
const checkTemperature = (value) => (value >= COLDEST && value <= HOTTEST ? "" : `temperature: a number from ${COLDEST} to ${HOTTEST} needed, got ${typed(value)}.`);
