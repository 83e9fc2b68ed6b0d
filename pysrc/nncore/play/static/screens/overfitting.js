/** Overfitting: a network learns 1,000 digits by heart; five measures against it, each a run of its own. */

import { latest } from "../lib/core.js";
import { counted, fixed, percent, typed } from "../lib/numbers.js";
import { LiveView } from "../lib/view.js";
import "../parts/curve.js";
import { head } from "../parts/head.js";
import "../parts/histogram.js";
import { same } from "../parts/same.js";
import "../parts/scrub.js";
import "../parts/slider.js";
import { html, nothing } from "../vendor/lit-html.js";
import { bookLines, last, lines, name, scale } from "./overfitting/lines.js";

/**
 * @typedef {"none" | "lmbda" | "dropout" | "augment" | "stop" | "data"} Measure
 * @typedef {{ measure: Measure, value: number, points: Float64Array, done: boolean, stopped: string, error: string, seconds: number, images: number,
 *   n_measured: number, epochs: number, steps: number, python: string }} Run
 * @typedef {{ name: string, whole: boolean, training: [number, number][], test: [number, number][] }} Book
 * @typedef {{ counts: Int32Array, beyond: number, n: number, mean: number }} Weights
 * @typedef {{ serial: number, running: boolean, fault: string, runs: Run[], weights: { range: number, last: (Weights | null)[] }, book: Book[], n_test: number,
 *   most_images: number, is_mnist: boolean }} State
 */

const MOST_RUNS = 4;
const AXIS = [10, 20, 50, 100, 200, 500];
/** The measures whose value is dragged: what stands before it and behind it. */
const DRAGGED = /** @type {const} */ ([
  { measure: "dropout", title: "Dropout", before: "leaves out", after: "of the hidden neurons", least: 0.05, most: 0.9, step: 0.05, decimals: 2 },
  { measure: "augment", title: "Augmentation", before: "shifts by up to", after: "pixels", least: 1, most: 8, step: 1, decimals: 0 },
  { measure: "stop", title: "Early stopping", before: "after", after: "epochs without a gain", least: 1, most: 200, step: 1, decimals: 0 },
  { measure: "data", title: "More data", before: "", after: "images", least: 2000, most: 49000, step: 1000, decimals: 0 },
]);

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "overfitting",
  title: "Overfitting",
  chapter: "Chapter 3",
  defaults: { runs: ["none", "lmbda"], lmbda: 0.1, dropout: 0.5, augment: 1, stop: 20, data: 5000, epochs: 400 },
  render({ model, el }) {
    const screen = new Overfitting(model, el);
    return () => screen.end();
  },
};

/** @extends {LiveView<State>} */
class Overfitting extends LiveView {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    this.ask = latest(() => this.question());
    this.paint();
    this.ask();
  }

  end() {
    this.ended = true;
    this.core.ask("rest").then(() => this.core.end(), () => this.core.end());
  }

  /** @returns {Measure[]} The runs that are shown; the last one is that of which all is told. */
  runs() {
    const known = ["none", "lmbda", ...DRAGGED.map(({ measure }) => measure)];
    const given = /** @type {Measure[]} */ (this.model.get("runs"));
    const runs = [...new Set(given.filter((each) => known.includes(each)))].slice(-MOST_RUNS);
    return runs.includes("none") ? runs : ["none", ...runs.slice(1 - MOST_RUNS)];
  }

  async question() {
    try {
      this.take(await this.core.ask("runs", { runs: this.runs().map((each) => [each, each === "none" ? 0 : this.model.get(each)]), epochs: this.model.get("epochs") }));
      this.error = "";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      const slider = /** @type {import("../parts/slider.js").Slider | null} */ (this.el.querySelector("nn-slider"));
      if (slider && this.error.startsWith("lmbda")) {
        slider.refuse(this.error);
        this.model.set("lmbda", slider.value);
        this.error = "";
      }
    }
    this.paint();
  }

  /** @param {Record<string, unknown>} parts */
  set(parts) {
    super.set(parts);
    this.ask();
  }

  /** Return the runs with this one as the last; of more than four the oldest goes, but not the one without measures. @param {Measure} measure */
  withLast(measure) {
    const runs = [...this.runs().filter((each) => each !== measure), measure];
    if (runs.length > MOST_RUNS) runs.splice(runs.findIndex((each) => each !== "none"), 1);
    return runs;
  }

  /** @param {Measure} measure @param {boolean} on */
  turn(measure, on) {
    this.set({ runs: on ? this.withLast(measure) : this.runs().filter((each) => each !== measure) });
  }

  /** A value is moved: its run is drawn anew, and is the one of which all is told. @param {Measure} measure @param {number} value */
  move(measure, value) {
    this.set({ [measure]: value, runs: this.withLast(measure) });
  }

  view() {
    const { state } = this;
    return html`${head(this.model, "Overfitting", "It learns 1,000 digits by heart. Turn on what helps.")}
      ${this.refusal()}
      ${state?.fault ? html`<div class="said bad" role="alert"><span><b>The training ended.</b> ${state.fault}</span></div>` : nothing}
      <div class="three" data-running=${String(Boolean(state?.running))}>
        <div class="switches">${this.switches()}</div>
        <div class="plots">${state ? this.plots(state) : nothing}</div>
        <div class="numbers">${state ? this.numbers(state) : nothing}</div>
        <div class="lines">${state ? this.python(state.runs[state.runs.length - 1]) : nothing}</div>
      </div>`;
  }

  switches() {
    const on = this.runs();
    const box = (/** @type {Measure} */ measure, /** @type {string} */ title) => html`<label class="box"><input type="checkbox" data-measure=${measure} .checked=${on.includes(measure)}
      @change=${(/** @type {{ target: HTMLInputElement }} */ { target }) => this.turn(measure, target.checked)}>${title}</label>`;
    return html`<h3>Against it</h3>
      <div class="switch">${box("lmbda", "L2 regularisation")}
        <nn-slider data-setting="lmbda" .symbol=${"λ"} .name=${"lmbda"} .least=${0} .most=${10} .scale=${"log"} .value=${this.model.get("lmbda")}
          @value=${(/** @type {CustomEvent} */ { detail }) => this.move("lmbda", detail)}></nn-slider></div>
      ${DRAGGED.map(({ measure, title, before, after, least, most, step, decimals }) => html`<div class="switch">${box(measure, title)}
        <p class="cap">${before} <nn-scrub data-setting=${measure} .name=${title} .least=${least} .most=${measure === "data" ? this.state?.most_images ?? most : most} .step=${step} .decimals=${decimals}
          .value=${this.model.get(measure)} @value=${(/** @type {CustomEvent} */ { detail }) => this.move(measure, detail)}></nn-scrub> ${after}</p></div>`)}
      <p class="cap setting">784–30–10, cross-entropy, large start, <span class="m">η</span> 0.5, mini-batches of 10,
        <nn-scrub data-setting="epochs" .name=${"epochs"} .least=${5} .most=${1000} .step=${5} .decimals=${0} .value=${this.model.get("epochs")}
          @value=${(/** @type {CustomEvent} */ { detail }) => this.set({ epochs: detail })}></nn-scrub> epochs</p>`;
  }

  /** @param {State} state */
  plots(state) {
    const most = this.model.get("epochs");
    const images = state.is_mnist ? `${counted(state.n_test)} test images` : `${counted(state.n_test)} bundled test digits`;
    const plot = (/** @type {"test" | "training"} */ side, /** @type {string} */ title) => html`<div class="lab"><h3>${title}</h3>${this.values(state, side)}</div>
      <nn-curve data-side=${side} .series=${[...bookLines(state, side, most), ...lines(state, side)]} .y=${scale(state)}
        .x=${{ least: 0, most, steps: AXIS, text: (/** @type {number} */ x) => (x === most ? `${x} epochs` : String(x)) }}
        aria-label=${`${title} by epoch; arrow keys move the crosshair`} @look=${(/** @type {CustomEvent} */ { detail }) => { this.look = detail.x; this.paint(); }}></nn-curve>`;
    return html`${plot("training", "Accuracy on the training images")}${plot("test", `Accuracy on the ${images}`)}
      ${state.runs.some(({ measure }) => measure === "data") ? html`<p class="cap dim">More images have fewer epochs, for as many steps: the axis counts epochs of 1,000.</p>` : nothing}`;
  }

  /** Return what was measured at the crosshair. @param {State} state @param {"test" | "training"} side */
  values(state, side) {
    if (this.look === null) return nothing;
    const found = [...bookLines(state, side, this.model.get("epochs")), ...lines(state, side)].reverse()
      .flatMap(({ name: text, points }) => points.filter(([x]) => x === this.look).map(([, y]) => ({ text, y })));
    return html`<span class="cap look">${found.map(({ text, y }, at) => html`${at ? ", " : `${fixed(/** @type {number} */ (this.look), 0)}: `}${text.split(", ")[0]} <span data-value=${y} title=${y}>${percent(y, side === "test" ? state.n_test : 10000)}</span>`)}</span>`;
  }

  /** @param {State} state */
  numbers(state) {
    const run = state.runs[state.runs.length - 1];
    return html`<table class="gaps"><caption>The gap after the last epoch</caption>
        <thead><tr><th></th><th scope="col">training</th><th scope="col">others</th><th scope="col">gap</th></tr></thead>
        <tbody>${[...state.runs].reverse().map((each) => this.row(state, each, each === run))}
          ${state.book.filter(({ test }) => test.length).map((book) => this.bookRow(book))}</tbody></table>
      <p class="said-of" aria-live=${state.running ? "off" : "polite"}>${this.sentence(state)}</p>
      ${this.histogram(state)}`;
  }

  /** @param {Run} run */
  python({ python, seconds }) {
    return html`${same(python)}<p class="cap dim"><span data-seconds data-value=${seconds}>${fixed(seconds, 2)}</span> s of training</p>`;
  }

  /** @param {State} state @param {Run} run @param {boolean} mine */
  row(state, run, mine) {
    const { training, test } = last(run.points);
    const cell = (/** @type {string} */ what, /** @type {number} */ value, /** @type {string} */ text) => html`<td data-cell=${what} data-value=${value} title=${value}>${Number.isFinite(value) ? text : "–"}</td>`;
    return html`<tr class=${mine ? "mine" : ""} data-run=${run.measure} data-done=${String(run.done)}>
      <th scope="row"><button aria-pressed=${mine} @click=${() => this.set({ runs: this.withLast(run.measure) })}>${name(run)}</button></th>
      ${cell("training", training, percent(training, run.n_measured))}${cell("test", test, percent(test, state.n_test))}${cell("gap", training - test, fixed(100 * (training - test), state.n_test < 2000 ? 1 : 2))}</tr>`;
  }

  /** @param {Book} book */
  bookRow(book) {
    const [test, training] = [book.test, book.training].map((points) => points[points.length - 1]?.[1]);
    return html`<tr class="book"><th scope="row">${book.name}</th>
      <td data-value=${training ?? ""}>${training === undefined ? "" : percent(training)}</td><td data-value=${test} title=${test}>${percent(test)}</td>
      <td>${training === undefined ? "" : fixed(100 * (training - test), 2)}</td></tr>`;
  }

  /** Say what the last run has reached, beside the one without measures. @param {State} state */
  sentence(state) {
    const run = state.runs[state.runs.length - 1];
    if (run.error) return run.error;
    if (!run.done) return run.points.length ? "It trains." : "It waits for its turn.";
    const decimals = state.n_test < 2000 ? 1 : 2;
    const { training, test } = last(run.points);
    const before = state.runs.find(({ measure }) => measure === "none");
    if (run.measure === "none" || !before?.done || before.error) return `The gap is ${fixed(100 * (training - test), decimals)} points.`;
    const gain = 100 * (test - last(before.points).test);
    const said = Number(fixed(Math.abs(gain), decimals)) === 0 ? "as many of the others right" : `${fixed(Math.abs(gain), decimals)} points ${gain > 0 ? "more" : "fewer"} of the others right`;
    return `With ${name(run)}: ${said}.${run.stopped ? ` It ended after epoch ${typed(last(run.points).epochs)}.` : ""}`;
  }

  /** @param {State} state */
  histogram(state) {
    const { range, last: [filled, outlined] } = state.weights;
    const [run, before] = [...state.runs].reverse();
    const mean = (/** @type {string} */ id, /** @type {Weights} */ weights) => html`mean size <span data-mean=${id} data-value=${weights.mean} title=${weights.mean}>${fixed(weights.mean, 3)}</span>`;
    return html`<div class="lab"><h3>Their weights</h3></div>
      <nn-histogram aria-label="Histogram of the weights of the last two runs" .filled=${filled?.counts ?? []} .outlined=${outlined?.counts ?? []} .range=${range}></nn-histogram>
      <p class="cap">${filled ? html`Filled: ${name(run)}, ${mean("filled", filled)}.` : nothing} ${outlined && before ? html`Line: ${name(before)}, ${mean("outlined", outlined)}.` : nothing} Heights: square root.</p>`;
  }
}
