/** Inputs: numbers that a reader sets go through a network that reads no images. It is a screen of exported pages. */

import { Core, latest, nextFrame } from "../lib/core.js";
import { steadyMaximum } from "../lib/colours.js";
import { fixed, parsed, significant, typed } from "../lib/numbers.js";
import "../lib/pictures.js";
import { answer, bars } from "../parts/answer.js";
import { head } from "../parts/head.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";

/** @typedef {import("../lib/model.js").Model} Model */
/** @typedef {{ kind: string, activation: string | null, shape: number[] }} Layer */
/** @typedef {{ low: number, high: number, mean: number }} Usual */
/** @typedef {{ input: { shape: number[] }, classes: string[], answers: string, usual: Usual | null, layers: Layer[] }} Network */
/** @typedef {{ z: Float32Array | null, a: Float32Array }} Values */

const MOST_SLIDERS = 64; // more inputs than that are pasted as a list

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "inputs",
  title: "Inputs",
  chapter: "",
  defaults: { inputs: [] },
  render({ model, el }) {
    const screen = new Inputs(model, el);
    return () => screen.end();
  },
};

class Inputs {
  /** @param {Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.core = new Core(model);
    /** @type {Network | null} */
    this.network = null;
    /** @type {Values[] | null} */
    this.values = null;
    this.error = "";
    this.paint = nextFrame(() => show(this.view(), el));
    this.forward = latest(() => this.askForward());
    this.changed = () => this.forward();
    model.on("change:inputs", this.changed);
    this.begin();
  }

  end() {
    this.model.off("change:inputs", this.changed);
    this.core.end();
  }

  async begin() {
    this.network = /** @type {Network} */ (await this.core.ask("network"));
    const count = this.network.input.shape.reduce((one, other) => one * other, 1);
    if (this.model.get("inputs").length !== count) this.model.set("inputs", Array(count).fill(this.middle()));
    this.forward();
  }

  /** Return the usual range of the inputs, from 0 to 1 where nothing is known. @returns {Usual} */
  usual() {
    return this.network?.usual ?? { low: 0, high: 1, mean: 0.5 };
  }

  /** Return the mean of the usual inputs, to about a hundredth of their range. */
  middle() {
    const { low, high, mean } = this.usual();
    const decimals = high > low ? Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(high - low)))) : 6;
    return Number(mean.toFixed(decimals)) || 0; // and not -0
  }

  async askForward() {
    try {
      this.values = (await this.core.ask("forward", { pixels: Float32Array.from(this.model.get("inputs")) })).layers;
      this.error = "";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** @param {number[]} inputs */
  set(inputs) {
    this.model.set("inputs", inputs);
    this.model.save_changes();
  }

  view() {
    const inputs = /** @type {number[]} */ (this.model.get("inputs"));
    return html`${head(this.model, "Inputs", "Set the inputs. The network answers at once.")}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      <section class="stage">
        <div class="first"><div class="lab"><h3>${inputs.length} input${inputs.length === 1 ? "" : "s"}</h3>
          <span class="cap">${this.range()}</span></div>
          ${inputs.length > MOST_SLIDERS ? this.list(inputs) : inputs.map((value, at) => this.field(value, at))}</div>
        <div class="second">${this.values ? this.hidden(this.values) : nothing}</div>
        <div class="third">${this.values ? this.outputs(this.values) : nothing}</div>
      </section>`;
  }

  range() {
    const usual = this.network?.usual;
    return usual ? `in training from ${typed(usual.low)} to ${typed(usual.high)}` : "";
  }

  /** One input: a slider over the usual range, and a field that takes any number. @param {number} value @param {number} at */
  field(value, at) {
    const { low, high } = this.usual();
    const change = (/** @type {Event} */ event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      const number = parsed(field.value);
      field.setAttribute("aria-invalid", String(!Number.isFinite(number)));
      if (Number.isFinite(number)) this.set(/** @type {number[]} */ (this.model.get("inputs")).map((old, other) => (other === at ? number : old)));
    };
    const step = (high - low) / 200 || "any";
    return html`<label class="slide"><span>input <span class="m">x<sub class="r">${at}</sub></span></span>
      <input class="field" inputmode="decimal" data-input=${at} .value=${String(value)} @change=${change}>
      <input type="range" min=${low} max=${high} step=${step} .value=${String(value)} aria-label=${`Input ${at}`} @input=${change}></label>`;
  }

  /** Many inputs, as a list that one pastes. @param {number[]} inputs */
  list(inputs) {
    const change = (/** @type {Event} */ event) => {
      const field = /** @type {HTMLTextAreaElement} */ (event.target);
      const numbers = field.value.trim().split(/[\s,;]+/).map(parsed);
      const whole = numbers.length === inputs.length && numbers.every(Number.isFinite);
      this.error = whole ? "" : `${inputs.length} numbers needed, got ${numbers.filter(Number.isFinite).length}`;
      if (whole) this.set(numbers);
      this.paint();
    };
    return html`<textarea rows="12" aria-label="Inputs, with commas or blanks between them" .value=${inputs.join(", ")} @change=${change}></textarea>`;
  }

  /** The activations of the hidden layers. @param {Values[]} values */
  hidden(values) {
    const { layers } = /** @type {Network} */ (this.network);
    return layers.slice(0, -1).map(({ kind, activation, shape }, at) => {
      const { a } = values[at];
      const signedCells = activation === "tanh" || activation === "linear";
      const top = activation === "sigmoid" ? 1 : steadyMaximum(a, 1);
      const wide = Math.min(a.length, 20);
      const rows = Math.ceil(a.length / wide);
      const cells = Float32Array.from({ length: rows * wide }, (_, j) => (a[j] ?? 0) / top);
      return html`<div class="lab"><h3>Layer ${at + 2}: ${shape.join(" x ")} neurons</h3>
          <span class="cap">${kind === "pooling" ? "the largest of each window" : activation}</span></div>
        <nn-picture class="strip" .style=${`aspect-ratio:${wide}/${rows};width:${Math.min(100, 5 * wide)}%`} .values=${cells} .rows=${rows} .columns=${wide} .max=${signedCells ? 1 : null}></nn-picture>
        <p class="cap dim">activation ${signedCells ? significant(-top, 2) : 0} to ${significant(top, 2)}</p>`;
    });
  }

  /** @param {Values[]} values */
  outputs(values) {
    const { layers, classes, answers } = /** @type {Network} */ (this.network);
    const { a } = values[values.length - 1];
    const heading = html`<div class="lab"><h3>Layer ${layers.length + 1}: ${a.length} output${a.length === 1 ? "" : "s"}</h3></div>`;
    if (answers === "classes" && a.length > 1) {
      return html`${heading}${answer(a, classes, false)}${bars(a, classes, { selected: null, empty: false, choose: () => {} })}`;
    }
    if (answers === "classes") {
      return html`${heading}<div class="answer"><span class="hero" data-answer=${Number(a[0] > 0.5)}>${Number(a[0] > 0.5)}</span>
        <span class="cap" aria-live="polite">It answers ${Number(a[0] > 0.5)}.<br>Its output is <b data-output="0" data-value=${a[0]}>${fixed(a[0])}</b>; above 0.5 that is 1.</span></div>`;
    }
    return html`${heading}<dl class="numbers">${Array.from(a, (value, at) => html`<dt>output ${at}</dt>
      <dd data-output=${at} data-value=${value} title=${String(value)}>${significant(value, 5)}${answers === "numbers" ? "" : value > 0.5 ? ": yes" : ": no"}</dd>`)}</dl>`;
  }
}
