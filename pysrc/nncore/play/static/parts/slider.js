/**
 * `<nn-slider>` is a slider with a field. The field takes any legal value, the slider covers the useful range. A value
 * that is refused stays in the field, with the reason below it; what is set stays the last good value. Who learns only
 * later that the value told last was refused, as from the core, calls `refuse(reason)`.
 *
 * Properties: `value`, `least` and `most` of the slider, `steps` (its positions), `scale` ("linear" or "log"; with
 * "log" and least 0 the first position is 0), `whole`, `check` (returns why a value is refused, or ""). It tells of a
 * new value by the event "value".
 */

import { parsed, typed } from "../lib/numbers.js";
import { html, nothing, render } from "../vendor/lit-html.js";

export class Slider extends HTMLElement {
  constructor() {
    super();
    this.symbol = "";
    this.name = "";
    this.least = 0;
    this.most = 1;
    this.steps = 200;
    /** @type {"linear" | "log"} */
    this.scale = "linear";
    this.whole = false;
    /** @type {(value: number) => string} */
    this.check = () => "";
    this.kept = 0;
    /** @type {{ text: string, before: number }} */
    this.told = { text: "", before: 0 };
    this.refused = ""; // what stands in the field, if it is refused
    this.reason = "";
  }

  connectedCallback() {
    this.draw();
  }

  /** @param {number} value */
  set value(value) {
    if (value !== this.kept) this.refused = this.reason = "";
    this.kept = value;
    if (this.isConnected) this.draw();
  }

  get value() {
    return this.kept;
  }

  /** Return the value at a position of the slider. @param {number} position */
  at(position) {
    if (this.scale === "linear") return this.rounded(this.least + ((this.most - this.least) * position) / this.steps);
    if (this.least === 0) {
      if (position === 0) return 0;
      return this.rounded(this.most * 10 ** (-4 * (1 - position / this.steps)));
    }
    return this.rounded(this.least * (this.most / this.least) ** (position / this.steps));
  }

  /** Return the position of a value. @param {number} value */
  position(value) {
    let share = (value - this.least) / (this.most - this.least);
    if (this.scale === "log" && this.least === 0) share = value <= 0 ? 0 : 1 + Math.log10(value / this.most) / 4;
    else if (this.scale === "log") share = Math.log(value / this.least) / Math.log(this.most / this.least);
    return Math.round(this.steps * Math.max(0, Math.min(1, share)));
  }

  /** @param {number} value */
  rounded(value) {
    return this.whole ? Math.max(1, Math.round(value)) : Number(value.toPrecision(2));
  }

  /** Take a value, or say why not. @param {number} value @param {string} text What stands in the field. */
  take(value, text) {
    this.reason = Number.isNaN(value) ? `${this.name}: a number needed, got ${text.trim() || "nothing"}.` : this.check(value);
    this.refused = this.reason ? text : "";
    if (!this.reason && value !== this.kept) {
      this.told = { text, before: this.kept };
      this.kept = value;
      this.dispatchEvent(new CustomEvent("value", { detail: value }));
    }
    this.draw();
  }

  /** Say that the value which was told last is refused. @param {string} reason */
  refuse(reason) {
    this.refused = this.told.text;
    this.kept = this.told.before;
    this.reason = reason;
    this.draw();
  }

  draw() {
    const id = `${this.name.replace(/\W/g, "-")}-refusal`;
    render(html`<div class="slide">
      <label>${this.symbol ? html`<span class="m">${this.symbol}</span> ` : nothing}${this.name}</label>
      <input class="field" inputmode="decimal" aria-label=${this.name} .value=${this.refused || typed(this.kept)} aria-invalid=${Boolean(this.reason)} aria-describedby=${id}
        @change=${(/** @type {{ target: HTMLInputElement }} */ { target }) => this.take(parsed(target.value), target.value)}>
      <input type="range" min="0" max=${this.steps} .value=${String(this.position(this.kept))} aria-label=${`${this.name}, slider`} aria-valuetext=${typed(this.kept)}
        @input=${(/** @type {{ target: HTMLInputElement }} */ { target }) => this.take(this.at(Number(target.value)), target.value)}>
      ${this.reason ? html`<span class="refusal" id=${id} role="alert">${this.reason}</span>` : nothing}
    </div>`, this);
  }
}

if (!customElements.get("nn-slider")) customElements.define("nn-slider", Slider);
