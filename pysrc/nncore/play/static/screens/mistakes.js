/** Mistakes: which test digits are taken for which, the worst of them, and where all lie in each layer. */

import { inkScale, textOn, themes } from "../lib/colours.js";
import { onKeys } from "../lib/keys.js";
import { counted, fixed, percent } from "../lib/numbers.js";
import "../lib/pictures.js";
import { tip } from "../lib/tooltip.js";
import { View } from "../lib/view.js";
import { bars } from "../parts/answer.js";
import { head } from "../parts/head.js";
import { html, nothing } from "../vendor/lit-html.js";
import "./mistakes/map.js";

/** @typedef {{ counts: Int32Array, labels: Uint8Array, answers: Uint8Array, outputs: Float32Array, images: Uint8Array, worst: Int32Array,
 *   right: Int32Array, layers: number[] }} Answers */
/** @typedef {{ points: Float32Array, shares: number[] }} Places */

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);
const MOST = 40; // digits that are shown at once

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "mistakes",
  title: "Mistakes",
  chapter: "Chapter 6",
  defaults: { row: -1, column: -1, layer: 0, chosen: -1 },
  render({ model, el }) {
    const screen = new Mistakes(model, el);
    return () => screen.end();
  },
};

class Mistakes extends View {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    /** @type {Answers | null} */
    this.found = null;
    this.sentence = "";
    /** @type {Map<number, Places>} */
    this.maps = new Map();
    /** @type {Map<number, Float32Array>} */
    this.pictures = new Map();
    /** @type {Uint8Array | null} */
    this.wrong = null;
    this.pointed = -1; // the digit under the pointer
    this.endKeys = onKeys(el, { Escape: () => this.choose(-1, -1) });
    themes.addEventListener("change", this.paint);
    this.begin();
  }

  end() {
    this.endKeys();
    themes.removeEventListener("change", this.paint);
    super.end();
  }

  async begin() {
    await this.patiently(async () => {
      const answers = await this.core.ask("answers");
      if ("sentence" in answers) this.sentence = answers.sentence;
      else this.found = answers;
    });
    if (this.found) this.fetchMap(this.layer);
  }

  /** The layer whose map is shown, as the book counts; 0: the errors are shown. */
  get layer() {
    const layer = this.model.get("layer");
    return this.found && Number.isInteger(layer) && layer >= 1 && layer <= this.found.layers.length ? layer : 0;
  }

  /** The cell of the matrix that is chosen, or null. */
  get cell() {
    const [row, column] = [this.model.get("row"), this.model.get("column")];
    return DIGITS.includes(row) && DIGITS.includes(column) ? { row, column } : null;
  }

  /** Choose a cell; the chosen one again, or (-1, -1), lets go. @param {number} row @param {number} column */
  choose(row, column) {
    const same = row === this.model.get("row") && column === this.model.get("column");
    this.set(same ? { row: -1, column: -1, chosen: -1 } : { row, column, chosen: -1 });
  }

  /** @param {number} layer */
  showLayer(layer) {
    this.set({ layer });
    this.fetchMap(layer);
  }

  /** @param {number} layer */
  async fetchMap(layer) {
    if (!layer || this.maps.has(layer)) return;
    await this.patiently(async () => {
      this.maps.set(layer, await this.core.ask("map", { layer }));
    });
  }

  /** Return the digits of the chosen cell, else all errors: the worst first. */
  listed() {
    const { worst, right, labels, answers } = /** @type {Answers} */ (this.found);
    const cell = this.cell;
    if (!cell) return [...worst];
    return [...(cell.row === cell.column ? right : worst)].filter((at) => labels[at] === cell.row && answers[at] === cell.column);
  }

  /** Return the digit whose outputs are shown: the one pointed at, the chosen one, or the first of the list. */
  get shown() {
    const { labels } = /** @type {Answers} */ (this.found);
    const chosen = this.model.get("chosen");
    if (this.pointed >= 0) return this.pointed;
    return Number.isInteger(chosen) && chosen >= 0 && chosen < labels.length ? chosen : this.listed()[0] ?? -1;
  }

  /** @param {number} digit */
  point(digit) {
    if (digit === this.pointed) return;
    this.pointed = digit;
    this.paint();
  }

  /** Show a digit on Draw, or here where there is no such screen. @param {number} digit */
  open(digit) {
    if (this.model.host?.go) this.model.host.go("draw", { digit, strokes: [] });
    else this.set({ chosen: digit });
  }

  /** @param {number} digit */
  picture(digit) {
    const { images } = /** @type {Answers} */ (this.found);
    if (!this.pictures.has(digit)) this.pictures.set(digit, Float32Array.from(images.subarray(784 * digit, 784 * digit + 784), (byte) => byte / 256));
    return /** @type {Float32Array} */ (this.pictures.get(digit));
  }

  /** Return a digit's output for a class. @param {number} digit @param {number} k */
  output(digit, k) {
    return /** @type {Answers} */ (this.found).outputs[10 * digit + k];
  }

  view() {
    const found = this.found;
    return html`${head(this.model, "Mistakes", "Choose a cell to see its digits. A click on a digit draws it.")}
      ${this.refusal()}
      ${this.sentence ? html`<div class="empty"><span>${this.sentence}</span></div>` : nothing}
      ${!found && this.waits ? html`<p class="cap">The network reads the test digits.</p>` : nothing}
      ${found ? html`<section class="stage"><div class="left">${this.matrix(found)}</div><div class="right">${this.pictured(found)}</div>
        <div class="one">${this.shown >= 0 ? this.digit(found, this.shown) : nothing}</div></section>` : nothing}`;
  }

  /** The confusion matrix. @param {Answers} found */
  matrix({ counts, labels }) {
    const right = DIGITS.reduce((sum, k) => sum + counts[11 * k], 0);
    const worst = Math.max(1, ...DIGITS.flatMap((row) => DIGITS.map((column) => (row === column ? 0 : counts[10 * row + column]))));
    const ink = inkScale();
    const cell = this.cell;
    const focus = cell ?? { row: 0, column: 0 };
    return html`<div class="lab"><h3>Labels and answers</h3><span class="cap"><b data-number="right" data-value=${right}>${counted(right)}</b> of ${counted(labels.length)} right,
        <span data-number="accuracy" data-value=${right / labels.length}>${percent(right / labels.length, labels.length)}</span></span></div>
      <div class="matrix" role="grid" aria-label="Confusion matrix: a row for each label, a column for each answer" @keydown=${(/** @type {KeyboardEvent} */ event) => this.move(event)}>
        <span class="corner cap">label</span>${DIGITS.map((k) => html`<b class="of">${k}</b>`)}
        ${DIGITS.map((row) => html`<b class="of">${row}</b>${DIGITS.map((column) => {
          const n = counts[10 * row + column];
          const isRight = row === column;
          const fill = ink(isRight ? 0 : Math.sqrt(n / worst) * 0.87);
          const on = cell?.row === row && cell.column === column;
          const { show: over, hide } = tip(() => (isRight ? `${n} digits ${row} are answered rightly.` : `${n} digits ${row} are taken for a ${column}.`));
          return html`<button role="gridcell" class=${`${isRight ? "diagonal" : ""} ${on ? "on" : ""}`} tabindex=${focus.row === row && focus.column === column ? 0 : -1} data-cell=${`${row},${column}`}
            data-value=${n} aria-selected=${on} aria-label=${`Label ${row}, answer ${column}: ${n}`} .style=${isRight ? "" : `background:rgb(${fill});color:${textOn(fill)}`}
            @click=${() => this.choose(row, column)} @pointermove=${over} @pointerleave=${hide}>${n || ""}</button>`;
        })}`)}</div>
      <div class="under cap"><span>answer</span><span class="key">errors <b>0</b><i class="s root"></i><b>${worst}</b></span></div>`;
  }

  /** Arrows move over the matrix. @param {KeyboardEvent} event */
  move(event) {
    const [down, across] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    const target = /** @type {HTMLElement} */ (event.target);
    if (!(down || across) || !target.dataset.cell) return;
    event.preventDefault();
    const [row, column] = target.dataset.cell.split(",").map(Number);
    const next = target.parentElement?.querySelector(`[data-cell="${Math.max(0, Math.min(9, row + down))},${Math.max(0, Math.min(9, column + across))}"]`);
    /** @type {HTMLElement | null | undefined} */ (next)?.focus();
  }

  /** The errors, or the map of a layer. @param {Answers} found */
  pictured(found) {
    const listed = this.listed();
    const tabs = [["Digits", 0], ...found.layers.map((n, at) => [at ? `Layer ${at + 1}` : "Pixels", at + 1])];
    return html`<div class="lab"><h3 aria-live="polite">${this.heading(found, listed.length)}</h3>
        <div class="tabs" role="tablist">${tabs.map(([name, layer]) => html`<button role="tab" aria-selected=${layer === this.layer} @click=${() => this.showLayer(Number(layer))}>${name}</button>`)}</div></div>
      ${this.layer ? this.map(found, listed) : this.errors(found, listed)}`;
  }

  /** @param {Answers} found @param {number} n */
  heading({ labels }, n) {
    const cell = this.cell;
    const digits = `${counted(n)} digit${n === 1 ? "" : "s"}`;
    if (!cell) return this.layer ? `${counted(labels.length)} digits, ${counted(n)} errors framed` : n > MOST ? `The worst ${MOST} of ${counted(n)} errors` : `${counted(n)} errors, the worst first`;
    const first = n > MOST && !this.layer ? `, the ${MOST} ${cell.row === cell.column ? "least sure" : "worst"}` : "";
    return cell.row === cell.column ? `${digits} ${cell.row}, answered rightly${first}` : `${digits} ${cell.row}, answered as ${cell.column}${first}`;
  }

  /** @param {Answers} found @param {number[]} listed */
  errors({ labels, answers }, listed) {
    return html`<div class="worst">${listed.slice(0, MOST).map((at) => html`<button class="digit" data-digit=${at} aria-label=${`Test digit ${at}, a ${labels[at]}, answered as ${answers[at]}: draw it`}
      @click=${() => this.open(at)} @pointerenter=${() => this.point(at)} @pointerleave=${() => this.point(-1)} @focus=${() => this.point(at)} @blur=${() => this.point(-1)}>
      <nn-picture .values=${this.picture(at)}></nn-picture><span><b>${labels[at]} as ${answers[at]}</b><span data-value=${this.output(at, answers[at])}>${fixed(this.output(at, answers[at]))}</span></span></button>`)}</div>
      ${listed.length ? nothing : html`<div class="empty"><span>There is no such digit.</span></div>`}`;
  }

  /** @param {Answers} found @param {number[]} listed */
  map({ images, labels, answers, layers }, listed) {
    const places = this.maps.get(this.layer);
    if (!places) return this.waits ? html`<p class="cap">The principal axes of layer ${this.layer} are being computed.</p>` : nothing;
    const [first, second] = places.shares;
    return html`<nn-digits aria-label=${`Map of the test digits in layer ${this.layer}. Arrows go through the digits, Enter draws one.`}
        .state=${{ images, points: places.points, listed, filtered: this.cell !== null, shown: this.shown, wrong: this.isWrong() }}
        @point=${(/** @type {CustomEvent} */ { detail }) => this.point(detail)} @open=${(/** @type {CustomEvent} */ { detail }) => this.open(detail)}></nn-digits>
      <p class="cap">The two principal axes of the ${counted(layers[this.layer - 1])} ${this.layer === 1 ? "pixels" : "activations"}: <span data-share="0" data-value=${first}>${percent(first, 1)}</span> and
        <span data-share="1" data-value=${second}>${percent(second, 1)}</span> of the variance.</p>`;
  }

  /** Return for each digit whether it is answered wrongly. */
  isWrong() {
    const { labels, answers } = /** @type {Answers} */ (this.found);
    this.wrong ??= Uint8Array.from(labels, (label, at) => Number(label !== answers[at]));
    return this.wrong;
  }

  /** One digit and its ten outputs. @param {Answers} found @param {number} at */
  digit({ labels, answers, outputs }, at) {
    const right = labels[at] === answers[at];
    return html`<div class="lab"><h3>Test digit ${at}</h3><span class="cap" data-shown=${at}>a ${labels[at]}, ${right ? "answered rightly" : `answered as ${answers[at]}`}</span></div>
      <div class="outputs"><nn-picture .values=${this.picture(at)}></nn-picture>
      ${bars(outputs.subarray(10 * at, 10 * at + 10), DIGITS.map(String), { selected: labels[at], empty: false, choose: () => this.open(at) })}</div>`;
  }
}
