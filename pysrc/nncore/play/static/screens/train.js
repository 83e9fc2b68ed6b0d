/** Train, live: a training that one watches, and whose settings one moves while it learns. */

import { Core, nextFrame } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { counted, fixed, percent, signed } from "../lib/numbers.js";
import "../lib/pictures.js";
import { tip } from "../lib/tooltip.js";
import { controls } from "../parts/controls.js";
import "../parts/curve.js";
import { head } from "../parts/head.js";
import "../parts/histogram.js";
import { signedKey } from "../parts/keys.js";
import { same } from "../parts/same.js";
import "../parts/scrub.js";
import "../parts/slider.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { change, FIRST_CHANGE } from "./train/change.js";
import { doctor } from "./train/doctor.js";
import { axis, last, lines, valuesAt } from "./train/plot.js";
import { note, python } from "./train/python.js";
import { defaults, recipes, stateOf } from "./train/recipes.js";
import { after, differences, marks } from "./train/words.js";

/**
 * @typedef {import("./train/recipes.js").Settings} Settings
 * @typedef {{ best: number | null, epochs: number, points: [number, number][], whole: boolean, where: string }} Book
 * @typedef {{ letter: string, settings: Settings, now: Settings, moved: import("./train/recipes.js").Move[], images: number, goal: number,
 *   seconds: number, trains: boolean, curve: Float64Array, error: string, book: Book | null }} Run
 * @typedef {{ serial: number, runs: Run[], current: number, epochs: number, speed: number, running: boolean, fault: string, n: number, n_test: number,
 *   n_measured: number, is_mnist: boolean, code: string, neurons: number, weights: Int8Array & { shape: number[] }, least: Float32Array, most: Float32Array,
 *   scale: number, top: number, histogram: { now: Int32Array, start: Int32Array, range: number, beyond: number } }} State
 * @typedef {"eta" | "lmbda" | "mini_batch_size" | "momentum"} Movable
 */

const SLIDERS = /** @type {const} */ ([
  { setting: "eta", symbol: "η", name: "eta", least: 0.01, most: 100, steps: 200, scale: "log", whole: false },
  { setting: "lmbda", symbol: "λ", name: "lmbda", least: 0, most: 100, steps: 200, scale: "log", whole: false },
  { setting: "mini_batch_size", symbol: "", name: "mini-batch", least: 1, most: 1000, steps: 200, scale: "log", whole: true },
  { setting: "momentum", symbol: "μ", name: "momentum", least: 0, most: 0.99, steps: 99, scale: "linear", whole: false },
]);
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500]; // epochs between two numbers of the axis
const CALM = 500; // milliseconds between two states with prefers-reduced-motion
const KEPT = 1000; // and between two times that the link is written while something trains

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "train",
  title: "Train, live",
  chapter: "Chapter 1",
  defaults,
  render({ model, el }) {
    const screen = new Train(model, el);
    return () => screen.end();
  },
};

class Train {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    /** @type {State | null} */
    this.state = null;
    /** @type {Int8Array[]} The weights of each neuron. */
    this.pictures = [];
    /** @type {Partial<Record<Movable, number>>} What the reader moves, until the core has it. */
    this.wanted = {};
    this.error = "";
    /** @type {"" | "change" | "doctor"} */
    this.dialog = "";
    this.change = { chosen: FIRST_CHANGE, refusal: "" };
    /** @type {{ diagnosis: import("./train/doctor.js").Diagnosis | null, all: boolean, applied: { finding: import("./train/doctor.js").Found, letter: string } | null }} */
    this.doctor = { diagnosis: null, all: false, applied: null };
    /** @type {number | null} The epochs at the crosshair. */
    this.look = null;
    this.kept = 0;
    this.shownAt = 0;
    this.waiting = false;
    this.ended = false;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.paint = nextFrame(() => this.draw());
    this.core.on("frame", (state) => this.take(state));
    this.endKeys = onKeys(el, { " ": () => this.startOrPause(), s: () => this.unlessRunning("step"), e: () => this.unlessRunning("epoch") });
    this.late = setTimeout(() => { this.waiting = true; this.paint(); }, 300);
    this.begin();
  }

  end() {
    this.endKeys();
    clearTimeout(this.late);
    this.ended = true;
    if (!this.state?.running) {
      this.core.end();
      return;
    }
    this.core.ask("pause").then((state) => { // whoever comes back finds it where it paused
      this.set(state);
      this.core.end();
    });
  }

  async begin() {
    const get = (/** @type {string} */ name) => this.model.get(name);
    await this.ask("begin", { runs: recipes(get), current: get("current"), epochs: get("epochs"), speed: get("speed") });
    clearTimeout(this.late);
    this.waiting = false;
    this.paint();
  }

  /** Ask the core, and take the state that it answers; return what it refuses. @param {string} name @param {Record<string, unknown>} [given] */
  async ask(name, given = {}) {
    try {
      this.take(await this.core.ask(name, given));
      this.error = "";
      return "";
    } catch (error) {
      return (this.error = /** @type {Error} */ (error).message);
    } finally {
      this.paint();
    }
  }

  /** Take a state, unless a newer one is shown. @param {State} state */
  take(state) {
    if (this.ended || (this.state && state.serial <= this.state.serial)) return;
    const stopped = this.state?.running && !state.running;
    this.state = state;
    const each = state.weights.shape[1];
    this.pictures = Array.from({ length: state.weights.shape[0] }, (_, at) => state.weights.subarray(at * each, (at + 1) * each));
    if (!state.running || stopped || performance.now() > this.kept + KEPT) this.keep();
    if (!this.calm.matches || !state.running || performance.now() >= this.shownAt + CALM) {
      this.shownAt = performance.now();
      this.paint();
    }
  }

  /** Keep the state in the link. */
  keep() {
    this.kept = performance.now();
    this.set(/** @type {State} */ (this.state));
    this.model.save_changes();
  }

  /** @param {State} state */
  set({ runs, n, current, epochs, speed }) {
    for (const [name, value] of Object.entries({ ...stateOf(runs, n), current, epochs, speed })) this.model.set(name, value);
  }

  startOrPause() {
    this.ask(this.state?.running ? "pause" : "go");
  }

  /** @param {"step" | "epoch"} name */
  unlessRunning(name) {
    if (this.state && !this.state.running) this.ask(name);
  }

  /** Move a setting. @param {Movable} name @param {number} value @param {import("../parts/slider.js").Slider} slider */
  async move(name, value, slider) {
    this.wanted[name] = value;
    const refused = await this.ask("set", { name, value });
    if (this.wanted[name] !== value) return; // it was moved on meanwhile
    delete this.wanted[name];
    if (refused) {
      this.error = "";
      slider.refuse(refused);
    }
    this.paint();
  }

  draw() {
    if (this.ended) return;
    show(this.view(), this.el);
    const open = /** @type {HTMLDialogElement | null} */ (this.el.querySelector("dialog"));
    if (open && !open.open) open.showModal();
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([["New start", () => this.ask("new_start")], ["Ask the doctor", () => this.askDoctor()]]);
    return html`${head(this.model, "Train, live", "Move a setting while it learns. The next mini-batch uses it.", this.state ? tools : [])}
      ${this.error && !this.dialog ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${this.state ? this.screen(this.state) : this.waiting ? html`<div class="said" role="status">Loading the digits.</div>` : nothing}
      ${this.state ? this.dialogView(this.state) : nothing}`;
  }

  /** @param {State} state */
  screen(state) {
    return html`<div class="run">${this.controls(state)}</div>
      <div class="two">
        <div class="right">${this.curve(state)}<div class="low">${this.weights(state)}${this.histogram(state)}</div></div>
        <div class="left">${this.settings(state)}${this.runs(state)}${this.python(state)}</div>
      </div>`;
  }

  /** @param {State} state */
  controls(state) {
    const run = state.runs[state.current];
    const done = run.images >= state.epochs * state.n;
    const name = state.running ? "running" : done ? "done" : run.images ? "paused" : "new";
    const further = Math.min(1000, state.epochs + 30);
    return html`${controls({
      state: name, start: () => this.startOrPause(), step: () => this.ask("step"), epoch: () => this.ask("epoch"), speed: state.speed,
      setSpeed: (speed) => this.ask("speed", { speed }), more: ["30 epochs more", () => this.ask("epochs", { epochs: further }).then(() => this.ask("go"))],
    })}
    <div class="read"><span>epoch <b class="e" data-read="epoch" data-value=${Math.floor(run.images / state.n)}>${Math.floor(run.images / state.n)}</b> of
        <nn-scrub .name=${"epochs"} .least=${1} .most=${1000} .step=${1} .decimals=${0} .value=${state.epochs}
          @value=${(/** @type {CustomEvent} */ { detail }) => this.ask("epochs", { epochs: detail })}></nn-scrub></span>
      <span>images <b class="i" data-read="images" data-value=${run.images}>${counted(run.images)}</b></span>
      <span><b class="t" data-read="seconds" data-value=${run.seconds}>${fixed(run.seconds, 2)}</b> s of training</span></div>`;
  }

  /** @param {State} state */
  curve(state) {
    const what = this.model.get("plot") === "cost" ? "cost" : "accuracy";
    const run = state.runs[state.current];
    const place = this.look ?? last(run.curve).epochs;
    const images = state.is_mnist ? `${counted(state.n_test)} test images` : `${counted(state.n_test)} bundled test digits`;
    const tab = (/** @type {string} */ name, /** @type {string} */ title) => html`<button role="tab" aria-selected=${what === name}
      @click=${() => { this.model.set("plot", name); this.model.save_changes(); this.paint(); }}>${title}</button>`;
    const ended = run.error || state.fault;
    return html`<div class="lab ${state.runs.length > 2 ? "many" : ""}"><h3 class="tabs" role="tablist" aria-label="What the curve shows">${tab("accuracy", "Accuracy")}${tab("cost", "Cost")}
        <span>on the ${images}</span></h3>
      <span class="cap look" aria-live="off">${after(place, state.n)}: ${valuesAt(state, what, place).map(({ name, value, text }, at) => html`${at ? ", " : ""}<span class="one-value">${name}
        <span data-look=${name} data-value=${value} title=${value}>${text}</span></span>`)}</span></div>
      ${ended ? html`<div class="said bad" role="alert"><span><b>The training ended.</b> ${ended}</span></div>` : nothing}
      <nn-curve class=${ended ? "shorter" : ""} aria-label=${`${what} by epoch; arrow keys move the crosshair`} .series=${lines(state, what)}
        .x=${{ least: 0, most: state.epochs, steps: WHOLE, text: (/** @type {number} */ x) => (x === state.epochs ? `${x} epochs` : String(x)) }}
        .y=${axis(state, what)} .marks=${marks(run.settings, run.moved, state.n, state.epochs)}
        @look=${(/** @type {CustomEvent} */ { detail }) => { this.look = detail.x; this.paint(); }}></nn-curve>`;
  }

  /** @param {State} state */
  weights(state) {
    const shown = this.pictures.length;
    return html`<div><div class="lab"><h3>Weights of layer 2${shown < state.neurons ? `, the first ${shown} of ${state.neurons} neurons` : ""}</h3>${signedKey("", state.scale)}</div>
      <div class="pictures">${this.pictures.map((values, at) => {
        const { show: over, hide } = tip(() => `Neuron ${at}: weights from ${signed(state.least[at])} to ${signed(state.most[at])}`);
        return html`<nn-picture role="img" aria-label=${`Weights of neuron ${at}`} data-neuron=${at} data-least=${state.least[at]} data-most=${state.most[at]}
          .values=${values} .max=${state.top} @pointermove=${over} @pointerleave=${hide}></nn-picture>`;
      })}</div></div>`;
  }

  /** @param {State} state */
  histogram(state) {
    const { now, start, range, beyond } = state.histogram;
    const all = now.reduce((sum, count) => sum + count, beyond);
    return html`<div><div class="lab"><h3>All <span data-all data-value=${all}>${counted(all)}</span> of them</h3></div>
      <nn-histogram aria-label="Histogram of the weights" .filled=${now} .outlined=${start} .range=${range}></nn-histogram>
      <p class="cap small">Filled: now. Line: at the start. Heights: square root.${beyond ? html` <span data-beyond data-value=${beyond}>${counted(beyond)}</span> lie beyond.` : nothing}</p></div>`;
  }

  /** @param {State} state */
  settings(state) {
    const { letter, now } = state.runs[state.current];
    return html`<h3>Settings of run ${letter}</h3><div class="set">${SLIDERS.map(({ setting, symbol, name, least, most, steps, scale, whole }) => html`
      <nn-slider data-setting=${setting} .symbol=${symbol} .name=${name} .least=${least} .most=${most} .steps=${steps} .scale=${scale} .whole=${whole} .value=${this.wanted[setting] ?? now[setting]}
        @value=${(/** @type {CustomEvent} */ { detail, currentTarget }) => this.move(setting, detail, /** @type {any} */ (currentTarget))}></nn-slider>`)}</div>`;
  }

  /** @param {State} state */
  runs(state) {
    const differ = differences(state.runs);
    const { book } = state.runs[state.current];
    const only = state.runs.length === 1 ? "the only one yet" : "";
    return html`<div class="runs ${state.runs.length > 2 ? "many" : ""}"><h3>Runs</h3>
      ${state.runs.map((run, at) => {
        const { accuracy } = last(run.curve);
        const mine = at === state.current;
        const text = html`<span class="c">${differ[at] || only}</span>`;
        return html`<button class="r1" aria-pressed=${mine} data-run=${run.letter} @click=${() => this.ask("choose", { run: at })}>
          ${mine ? sample("3", "") : sample("2", "5 3")}<span>${run.letter}${mine ? ", now" : ""} ${text}</span>
          <span class="v" data-value=${accuracy} title=${accuracy}>${percent(accuracy, state.n_test)}</span></button>`;
      })}
      ${book ? html`<div class="r1" title=${book.where}>${book.points.length ? (book.whole ? sample("1.5", "", "ink") : circle) : html`<span></span>`}
        <span>${book.whole ? "the author" : "the book"}, best of ${book.epochs}<span class="c where">${book.where}</span></span>
        <span class="v" data-book data-value=${book.best}>${book.best === null ? "" : percent(book.best)}</span></div>` : nothing}
      <button class="btn wide" @click=${() => { this.dialog = "change"; this.change.refusal = ""; this.paint(); }}>Run it again with one change…</button></div>`;
  }

  /** @param {State} state */
  python(state) {
    const run = state.runs[state.current];
    const said = note(run.moved);
    return html`${same(python(run, state.n, state.code))}${said ? html`<p class="cap small">${said}</p>` : nothing}`;
  }

  /** @param {State} state */
  dialogView(state) {
    const { letter, settings } = state.runs[state.current];
    const close = () => { this.dialog = ""; this.paint(); };
    if (this.dialog === "change") {
      return change({ letter, settings, ...this.change, close,
        choose: (chosen) => { this.change = { chosen, refusal: "" }; this.paint(); },
        run: (name, value) => this.runBeside(name, value) });
    }
    if (this.dialog === "doctor") {
      return doctor({ ...this.doctor, close, showAll: () => { this.doctor.all = true; this.paint(); },
        apply: (finding) => this.apply(finding), undo: () => this.undo() });
    }
    return nothing;
  }

  /** @param {string} name @param {string | number} value */
  async runBeside(name, value) {
    this.change.refusal = await this.ask("beside", { name, value });
    if (!this.change.refusal) this.dialog = "";
    this.error = "";
    this.paint();
  }

  async askDoctor() {
    this.dialog = "doctor";
    this.doctor = { diagnosis: null, all: false, applied: null };
    this.paint();
    try {
      this.doctor.diagnosis = await this.core.ask("doctor");
    } catch (error) {
      this.dialog = "";
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** @param {import("./train/doctor.js").Found} finding */
  async apply(finding) {
    const refused = await this.ask("apply", { changes: finding.change });
    const state = /** @type {State} */ (this.state);
    if (!refused) this.doctor.applied = { finding, letter: state.runs[state.current].letter };
    this.paint();
  }

  async undo() {
    const letter = this.doctor.applied?.letter;
    this.doctor.applied = null;
    await this.ask("drop", { letter });
  }
}

/** @param {string} width @param {string} dash @param {string} [colour] */
const sample = (width, dash, colour = dash ? "other" : "ours") =>
  html`<svg viewBox="0 0 28 10" aria-hidden="true"><path d="M0 5H28" stroke=${`var(--${colour})`} stroke-width=${width} stroke-dasharray=${dash || "none"}></path></svg>`;

const circle = html`<svg viewBox="0 0 28 10" aria-hidden="true"><circle cx="14" cy="5" r="4" fill="none" stroke="var(--ink)" stroke-width="1.5"></circle></svg>`;
