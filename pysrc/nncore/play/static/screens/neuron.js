/** One neuron: it learns to answer 0, by the quadratic cost and by the cross-entropy, from any start. */

import { Core, latest, nextFrame } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { later } from "../lib/later.js";
import { fixed, readable } from "../lib/numbers.js";
import "../parts/canvas.js";
import { head } from "../parts/head.js";
import { same } from "../parts/same.js";
import "../parts/scrub.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { learningNumbers, paintLearning, paintSigmoid, reach, shareAt, sigmoidNames } from "./neuron/plots.js";

/** @typedef {import("./neuron/plots.js").States} States */
/** @typedef {{ epochs: number, book: number[][], quadratic: States, "cross-entropy": States }} Runs */

const START = { w: 2, b: 2, x: 1, eta: 0.15 };
const EPOCHS = 300;
const PACE = 60; // epochs a second

/** What is dragged: its step, and how far it goes. @type {Record<string, { step: number, least: number, most: number }>} */
const DRAGGED = {
  w: { step: 0.05, least: -5, most: 5 },
  b: { step: 0.05, least: -5, most: 5 },
  x: { step: 0.05, least: -2, most: 2 },
  eta: { step: 0.01, least: 0.01, most: 5 },
};

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "neuron",
  title: "One neuron",
  chapter: "Chapter 3",
  defaults: { ...START, epoch: 150 },
  render({ model, el }) {
    const screen = new Neuron(model, el);
    return () => screen.end();
  },
};

class Neuron {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    /** @type {Runs | null} */
    this.runs = null;
    this.epoch = within(Math.round(model.get("epoch")), 0, EPOCHS);
    this.error = "";
    this.running = 0; // the browser's number of the next frame of a run
    this.note = false; // whether the book's gradient is explained
    this.python = false; // whether the lines of Python are shown
    this.paint = nextFrame(() => show(this.view(), el));
    this.learn = latest(() => this.ask());
    this.save = later(() => model.save_changes());
    this.endKeys = onKeys(el, {
      " ": () => this.run(),
      s: () => this.step(),
      e: () => this.step(),
      Escape: () => { this.note = false; this.paint(); },
    });
    this.changed = () => this.learn();
    for (const name of Object.keys(DRAGGED)) model.on(`change:${name}`, this.changed);
    this.learn();
  }

  end() {
    cancelAnimationFrame(this.running);
    this.save.now();
    this.endKeys();
    this.core.end();
    for (const name of Object.keys(DRAGGED)) this.model.off(`change:${name}`, this.changed);
  }

  async ask() {
    const given = Object.fromEntries(Object.keys(DRAGGED).map((name) => [name, this.model.get(name)]));
    try {
      this.runs = await this.core.ask("learn", given);
      this.error = "";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** @param {Record<string, number>} values */
  set(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.save();
    this.paint();
  }

  /** @param {number} epoch */
  go(epoch) {
    this.stop();
    this.epoch = within(Math.round(epoch), 0, EPOCHS);
    this.set({ epoch: this.epoch });
  }

  step() {
    this.go(this.epoch + 1);
  }

  stop() {
    cancelAnimationFrame(this.running);
    this.running = 0;
  }

  /** Run from the epoch that is shown, from the start if it is the last; or pause. */
  run() {
    if (this.running) return this.go(this.epoch);
    const first = this.epoch >= EPOCHS ? 0 : this.epoch;
    const began = performance.now();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const move = () => {
      const passed = Math.floor(((performance.now() - began) * PACE) / 1000);
      const epoch = first + (still ? passed - (passed % (PACE / 2)) : passed);
      if (epoch >= EPOCHS) return this.go(EPOCHS);
      this.running = requestAnimationFrame(move);
      if (epoch === this.epoch) return;
      this.epoch = epoch;
      this.paint();
    };
    this.epoch = first;
    this.running = requestAnimationFrame(move);
    this.paint();
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([["The same in Python", () => this.showPython()]]);
    const x = this.model.get("x");
    return html`${head(this.model, "One neuron", `It should learn to answer 0 for the input ${x === 1 ? "1" : fixed(x, 2)}. Drag a dotted number, then press Run.`, tools)}
      ${this.error ? html`<p class="said bad" role="alert">${this.error}</p>` : nothing}
      ${this.runs ? this.figures(this.runs) : nothing}
      ${this.python ? same(this.lines()) : nothing}`;
  }

  /** @param {Runs} runs */
  figures(runs) {
    const both = [runs.quadratic, runs["cross-entropy"]];
    const most = reach(both.flatMap(({ z }) => [...z]));
    const steepest = both.flatMap(({ gradient }) => [...gradient]).reduce((top, size) => (Math.abs(size) > top ? top * 2 : top), 1);
    return html`<section class="up">${this.start(runs.quadratic)}${this.sigmoid(runs, most)}</section>
      ${this.controls(runs)}
      <section class="pair">
        <div><div class="lab"><h3>Quadratic cost</h3><span class="m formula">∂C/∂w = a <span class="z">σ′(z)</span> x</span></div>
          ${this.learning("quadratic", runs.quadratic, steepest, runs.book)}</div>
        <div><div class="lab"><h3>Cross-entropy cost</h3>
          <button class="btn quiet why" aria-expanded=${this.note} aria-controls="neuron-note" @click=${() => { this.note = !this.note; this.paint(); }}>The book’s gradient?</button>
          <span class="m formula">∂C/∂w = a x</span></div>
          ${this.learning("cross-entropy", runs["cross-entropy"], steepest, [])}
          ${this.note ? html`<p class="said note" id="neuron-note" role="note">The program on the book’s page steps along ∂C/∂a, and
            needs η = 0.005. This is the gradient itself, ∂C/∂w: with it, η = 0.15 draws the book’s picture.</p>` : nothing}</div>
      </section>`;
  }

  /** The neuron before it has learned anything. @param {States} states */
  start({ z, a, slope }) {
    const x = this.model.get("x");
    return html`<div><h3>Where it starts</h3><div class="lines">
        <div><i>z</i> <span class="k">= <i>w x</i> + <i>b</i> =</span> ${this.number("w")} <span class="k">×</span> ${this.number("x")} <span class="k">+</span> ${this.number("b")}</div>
        <div><i>a</i> <span class="k">= <i>σ</i>(<i>z</i>) = <i>σ</i>(</span>${exact("z", z[0], 2, "start")}<span class="k">) =</span> <b>${exact("a", a[0], 3, "start")}</b></div>
        <div class="z"><i>σ′</i>(<i>z</i>) = <i>a</i> (1 − <i>a</i>) = <b>${exact("slope", slope[0], 4, "start")}</b></div>
        <div><i>η</i> <span class="k">=</span> ${this.number("eta")}<span class="cap">&ensp;for both costs</span></div>
      </div>
      <div class="row starts">${[["0.6 and 0.9, easy", 0.6, 0.9], ["2.0 and 2.0, saturated", 2, 2]].map(([name, w, b]) => html`<button class="btn"
        aria-pressed=${this.model.get("w") === w && this.model.get("b") === b && x === 1 && this.model.get("eta") === START.eta}
        @click=${() => this.set({ ...START, w: Number(w), b: Number(b) })}>${name}</button>`)}</div></div>`;
  }

  /** A number that is dragged. @param {string} name */
  number(name) {
    const { step, least, most } = DRAGGED[name];
    return html`<nn-scrub .name=${name} .step=${step} .least=${least} .most=${most} .value=${this.model.get(name)} data-scrub=${name}
      @value=${(/** @type {CustomEvent} */ { detail }) => this.set({ [name]: detail })}></nn-scrub>`;
  }

  /** Both neurons on the sigmoid, at the epoch that is shown. @param {Runs} runs @param {number} most */
  sigmoid(runs, most) {
    const at = (/** @type {string} */ name, /** @type {States} */ { z, a, slope }) =>
      ({ name, z: z[this.epoch], a: a[this.epoch], slope: slope[this.epoch] });
    const [one, other] = [at("quadratic", runs.quadratic), at("cross-entropy", runs["cross-entropy"])];
    const places = Math.abs(one.z - other.z) < most / 200 ? [{ ...one, name: "both" }] : [one, other];
    return html`<div><div class="lab"><h3>Where it stands on σ, and the slope there</h3><span class="cap"><span class="m">σ′</span> is 0.25 at most</span></div>
      <div class="figure"><nn-canvas class="sigmoid" role="img" aria-label="The sigmoid with both neurons and their tangents" .draw=${paintSigmoid(places, most)}></nn-canvas>
        ${sigmoidNames(places, most)}</div></div>`;
  }

  /** @param {Runs} runs */
  controls(runs) {
    const { a: quadratic } = runs.quadratic;
    const { a: crossEntropy } = runs["cross-entropy"];
    const spoken = this.running ? "It runs." : `After ${this.epoch} epochs the output is ${fixed(quadratic[this.epoch])} by the quadratic cost, and ${fixed(
      crossEntropy[this.epoch])} by the cross-entropy.`;
    return html`<div class="run"><button class="btn main go" data-state=${this.running ? "running" : "paused"} @click=${() => this.run()}>${this.running ? "Pause" : "Run"}</button>
      <button class="btn" ?disabled=${Boolean(this.running)} @click=${() => this.step()}>One step</button>
      <button class="btn" @click=${() => this.go(0)}>Start</button>
      <input type="range" min="0" max=${EPOCHS} .value=${String(this.epoch)} aria-label="Epoch"
        @input=${(/** @type {{ target: HTMLInputElement }} */ { target }) => this.go(Number(target.value))}>
      <span class="read">epoch <b data-epoch data-value=${this.epoch}>${this.epoch}</b> of ${EPOCHS}</span>
      <span class="quietly" aria-live="polite">${spoken}</span></div>`;
  }

  /** What one neuron learns. @param {string} cost @param {States} states @param {number} steepest @param {number[][]} book */
  learning(cost, states, steepest, book) {
    const move = (/** @type {PointerEvent} */ event) => {
      if (event.type === "pointerdown") /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
      if (event.buttons) this.go(shareAt(event) * EPOCHS);
    };
    const at = this.epoch;
    return html`<div class="figure" data-cost=${cost}><nn-canvas class="learning" role="img" aria-label=${`Output and gradient over the epochs, ${cost}`}
        .draw=${paintLearning(states, at, steepest, book)} @pointerdown=${move} @pointermove=${move}></nn-canvas>${learningNumbers(states, at, book)}</div>
      <div class="line">
        <span><span class="m">w</span> = <b>${exact("w", states.w[at], 2, cost)}</b></span><span><span class="m">b</span> = <b>${exact("b", states.b[at], 2, cost)}</b></span>
        <span><span class="m">∂C/∂w</span> = <b>${exact("gradient", states.gradient[at], 3, cost)}</b></span><span><span class="m">C</span> = <b>${exact("C", states.cost[at], 3, cost)}</b></span>
      </div>`;
  }

  showPython() {
    this.python = !this.python;
    this.paint();
    requestAnimationFrame(() => this.el.querySelector(".same")?.scrollIntoView({ block: "nearest" }));
  }

  lines() {
    const [w, b, x, eta] = ["w", "b", "x", "eta"].map((name) => this.model.get(name));
    return `net = nn.Network([1, 1], cost="cross-entropy", dtype="float64")   # or cost="quadratic"
net.weights[0], net.biases[0] = [[${w}]], [[${b}]]
net.SGD(([[${x}]], [[0.0]]), epochs=${this.epoch}, mini_batch_size=1, eta=${eta})
print(net.weights[0], net.biases[0], net.feedforward([${x}]))`;
  }
}

/** A number with the exact one in its tooltip. @param {string} name @param {number} value @param {number} decimals @param {string} of */
const exact = (name, value, decimals, of) =>
  html`<span class="n" data-number=${name} data-of=${of} data-value=${value} title=${String(value)}>${readable(value, decimals)}</span>`;

/** @param {number} value @param {number} least @param {number} most */
const within = (value, least, most) => Math.max(least, Math.min(most, value));
