/** Learning speeds: how long the gradient of each layer is, at the start and while a deep network learns. */

import { onKeys } from "../lib/keys.js";
import { counted, fixed, significant } from "../lib/numbers.js";
import { LiveView } from "../lib/view.js";
import { controls } from "../parts/controls.js";
import "../parts/curve.js";
import { head } from "../parts/head.js";
import { same } from "../parts/same.js";
import { html, nothing } from "../vendor/lit-html.js";

/**
 * @typedef {{ hidden: number, activation: string, init: string, data: string, seed: number }} Settings
 * @typedef {{ serial: number, settings: Settings, images: number, n: number, measured: number, mini_batch_size: number, eta: number, lmbda: number,
 *   epochs: number, seconds: number, running: boolean, curve: Float64Array & { shape: number[] }, book: number[], error: string, is_mnist: boolean,
 *   code: string }} State
 */

const HIGHEST = 6;
const LEAST = -6; // the axes begin at 1e-6, and end at 1 or, if something is longer, at 10, 100, ...
/** @type {{ setting: keyof Settings, name: string, values: [string | number, string][] }[]} */
const CHOICES = [
  { setting: "hidden", name: "Hidden layers, 30 neurons each", values: [1, 2, 3, 4, 5, 6].map((count) => [count, String(count)]) },
  { setting: "activation", name: "Their activation", values: [["sigmoid", "sigmoid"], ["tanh", "tanh"], ["relu", "ReLU"]] },
  { setting: "init", name: "Weights at the start", values: [["scaled", "scaled"], ["large", "large"], ["glorot", "Glorot"], ["he", "He"]] },
  { setting: "data", name: "Training images", values: [["1000", "1,000 at once"], ["all", "all, by tens"]] },
];

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "speeds",
  title: "Learning speeds",
  chapter: "Chapter 5",
  defaults: { hidden: 4, activation: "sigmoid", init: "scaled", data: "1000", seed: 0, epoch: -1 },
  render({ model, el }) {
    const screen = new Speeds(model, el);
    return () => screen.end();
  },
};

/** @extends {LiveView<State>} */
class Speeds extends LiveView {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    this.python = false;
    this.endKeys = onKeys(el, { " ": () => this.startOrPause(), s: () => this.unlessRunning("step"), e: () => this.unlessRunning("epoch") });
    this.begin();
  }

  end() {
    this.endKeys();
    if (this.state?.running) this.core.ask("pause");
    super.end();
  }

  /** Begin with a new network; without an epoch in the link the whole run is shown. */
  begin() {
    const [hidden, activation, init, data, seed, epoch] = ["hidden", "activation", "init", "data", "seed", "epoch"].map((name) => this.model.get(name));
    const at = epoch < 0 ? (data === "all" ? 30 : 500) : epoch;
    return this.ask("begin", { hidden, activation, init, data, seed, at });
  }

  /** Ask the core, and take the state that it answers. @param {string} name @param {Record<string, unknown>} [given] */
  async ask(name, given = {}) {
    try {
      this.take(await this.core.ask(name, given));
      this.error = "";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** Take a state; where a run has stopped, the link keeps it. @param {State} state */
  take(state) {
    const ran = this.state?.running;
    super.take(state);
    if (ran && this.state === state && !state.running) this.keep(state.images < state.epochs * state.n ? Math.floor(state.images / state.n) : -1);
  }

  startOrPause() {
    this.ask(this.state?.running ? "pause" : "go");
  }

  /** @param {"step" | "epoch"} name */
  unlessRunning(name) {
    if (this.state && !this.state.running && this.state.images < this.state.epochs * this.state.n) this.ask(name);
  }

  /** Keep the epoch in the link; -1 is the last. @param {number} epoch */
  keep(epoch) {
    this.model.set("epoch", epoch);
    this.model.save_changes();
  }

  /** @param {Record<string, unknown>} parts */
  set(parts) {
    this.look = null;
    super.set({ ...parts, epoch: -1 });
    this.begin();
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([["The same in Python", () => this.showPython()]]);
    return html`${head(this.model, "Learning speeds", "The longer the gradient, the faster a layer learns. Add layers, and watch the first one.", tools)}
      ${this.refusal()}
      ${this.state ? html`${this.controls(this.state)}<section class="g"><div class="settings">${CHOICES.map((choice) => this.choice(choice))}
        <button class="btn wide" @click=${() => this.set({ seed: this.model.get("seed") + 1 })}>Other weights, seed ${this.model.get("seed") + 1}</button></div>
        <div class="figures">${this.bars(this.state)}${this.curve(this.state)}</div></section>
        ${this.python ? same(lines(this.state)) : nothing}` : nothing}`;
  }

  /** @param {State} state */
  controls({ running, images, epochs, n, seconds, error, mini_batch_size: m }) {
    const done = images >= epochs * n || Boolean(error);
    const phase = running ? "running" : done ? "done" : images ? "paused" : "new";
    return html`<div class="row run">${controls({ state: phase, start: () => this.startOrPause(), epoch: () => this.unlessRunning("epoch"),
        ...(m < n ? { step: () => this.unlessRunning("step") } : {}) })}
      <span class="end read">epoch <b data-epoch data-value=${images / n}>${Math.floor(images / n)}</b> of ${epochs}</span><span class="read"><b data-images data-value=${images}>${counted(images)}</b> images</span>
      <span class="read"><b>${fixed(seconds, 2)}</b> s</span></div>
      ${error ? html`<div class="said bad" role="alert"><span><b>The training ended.</b> ${error}</span></div>` : nothing}`;
  }

  /** @param {typeof CHOICES[number]} choice */
  choice({ setting, name, values }) {
    const chosen = this.model.get(setting);
    return html`<fieldset><legend>${name}</legend><div class="seg">${values.map(([value, text]) => html`<button class="btn" data-choice=${`${setting} ${value}`}
      aria-pressed=${chosen === value} @click=${() => chosen !== value && this.set({ [setting]: value })}>${text}</button>`)}</div></fieldset>`;
  }

  /** A bar for each layer, now or at the crosshair, with its length at the start in outline. @param {State} state */
  bars(state) {
    const { curve, book } = state;
    const [rows, columns] = curve.shape;
    const top = topOf(curve);
    const share = (/** @type {number} */ speed) => (speed > 0 ? Math.max(0, Math.min(1, (Math.log10(speed) - LEAST) / (top - LEAST))) : 0);
    const at = this.look === null ? rows - 1 : row(curve, this.look);
    const layers = columns - 1;
    const speed = (/** @type {number} */ k, /** @type {number} */ layer) => curve[k * columns + 1 + layer];
    const epoch = curve[at * columns];
    return html`<div><div class="lab"><h3>Length of the gradient by the biases of each layer</h3><span class="cap">on ${counted(state.measured)} training images; outline: at the start${
        book.length ? html`; <i class="circle"></i> the book, at the start` : nothing}</span></div>
      <div class="bars" role="group" .style=${`--decades:${top - LEAST}`} aria-label="Length of the gradient of each layer">${Array.from({ length: layers }, (_, layer) => {
        const [now, start] = [speed(at, layer), speed(0, layer)];
        return html`<div class="bar-row"><span>Layer ${layer + 2}${layer === layers - 1 ? html` <span class="dim">output</span>` : nothing}</span>
          <span class="track"><i class="now" .style=${`width:${100 * share(now)}%`}></i><i class="start" .style=${`width:${100 * share(start)}%`}></i>${
            layer < book.length ? html`<i class="circle" data-book=${layer} data-value=${book[layer]} title=${`the book: ${book[layer]}`} .style=${`left:${100 * share(book[layer])}%`}></i>` : nothing}</span>
          <b class="v" data-speed=${layer} data-value=${now} data-start=${start} title=${`now ${now}, at the start ${start}`}>${Number.isFinite(now) ? significant(now, 3) : "not finite"}</b></div>`;
      })}<div class="bar-row axis"><span></span><span class="ticks">${Array.from({ length: top - LEAST + 1 }, (_, k) => html`<small .style=${`left:${(100 * k) / (top - LEAST)}%`}>${power(LEAST + k)}</small>`)}</span><span></span></div></div>
      <p class="ratio" aria-live=${state.running ? "off" : "polite"}>${sentence(speed(0, 0), speed(0, Math.max(1, layers - 2)), layers)}${
        epoch > 0 ? html`<span class="later"> ${later(speed(at, 0) / speed(at, Math.max(1, layers - 2)), epoch)}</span>` : nothing}</p></div>`;
  }

  /** The lengths over the epochs: a line for each layer, the last hidden one the thickest. @param {State} state */
  curve({ curve, epochs, book }) {
    const [rows, columns] = curve.shape;
    const layers = columns - 1;
    const series = Array.from({ length: layers }, (_, layer) => ({
      name: layer === layers - 1 ? "output" : `layer ${layer + 2}`,
      kind: /** @type {"other" | "training"} */ (layer === layers - 1 ? "other" : "training"),
      width: layer === layers - 1 ? 1.5 : layers === 2 ? 3 : 1 + (2 * layer) / (layers - 2),
      points: Array.from({ length: rows }, (_, k) => /** @type {[number, number]} */ ([curve[k * columns], Math.max(10 ** LEAST, Math.min(10 ** HIGHEST, curve[k * columns + 1 + layer]))])),
    }));
    const circles = book.map((speed) => ({ name: "", kind: /** @type {const} */ ("book"), points: /** @type {[number, number][]} */ ([[0, speed]]) }));
    const top = topOf(/** @type {State} */ (this.state).curve);
    return html`<div class="over" .style=${`--layers:${layers}`}><div class="lab"><h3>The same over the epochs</h3><span class="cap">${this.look === null ? "the crosshair chooses the epoch of the bars" : `bars: epoch ${fixed(this.look, 0)}`}</span></div>
      <nn-curve aria-label="Length of the gradient of each layer by epoch; arrow keys move the crosshair" .series=${[...series, ...circles]}
        .x=${{ least: -epochs / 80, most: epochs, steps: STEPS, text: (/** @type {number} */ x) => (x === epochs ? `${x} epochs` : String(x)) }}
        .y=${{ least: 10 ** LEAST, most: 10 ** top, logarithmic: true, text: (/** @type {number} */ value) => power(Math.round(Math.log10(value))) }}
        @look=${(/** @type {CustomEvent} */ { detail }) => { this.look = detail.x; this.paint(); }}></nn-curve></div>`;
  }

  showPython() {
    this.python = !this.python;
    this.paint();
    requestAnimationFrame(() => this.el.querySelector(".same")?.scrollIntoView({ block: "nearest" }));
  }
}

const STEPS = [5, 10, 50, 100, 250, 500];

/** Return the power of ten at which the axes end; bars that are longer than that are full. @param {Float64Array & { shape: number[] }} curve */
function topOf(curve) {
  const columns = curve.shape[1];
  const longest = curve.reduce((most, value, at) => (at % columns && Number.isFinite(value) ? Math.max(most, value) : most), 1);
  return Math.min(HIGHEST, Math.ceil(Math.log10(longest)));
}

/** Return a power of ten in words of the axis. @param {number} exponent */
function power(exponent) {
  if (exponent >= 0) return counted(10 ** exponent);
  return exponent >= -2 ? fixed(10 ** exponent, -exponent) : `10⁻${"⁰¹²³⁴⁵⁶⁷⁸⁹"[-exponent]}`;
}

/** Return the row of the curve that is nearest to an epoch. @param {Float64Array & { shape: number[] }} curve @param {number} epoch */
function row(curve, epoch) {
  const [rows, columns] = curve.shape;
  let best = 0;
  for (let k = 1; k < rows; k++) if (Math.abs(curve[k * columns] - epoch) < Math.abs(curve[best * columns] - epoch)) best = k;
  return best;
}

/** @param {number} ratio */
const times = (ratio) => `${ratio >= 9.95 ? counted(ratio) : fixed(ratio, 1)} times`;

/** Say how the first layer learns at the start, beside the last hidden one, or the output if there is one hidden layer.
 * @param {number} first @param {number} last @param {number} layers */
function sentence(first, last, layers) {
  const other = layers === 2 ? "the output layer" : `layer ${layers}`;
  if (!Number.isFinite(first) || !Number.isFinite(last)) return "At the start a gradient is beyond the finite numbers: these weights are too large.";
  if (!(first > 0) || !(last > 0)) return "At the start the gradient of a layer is 0: it does not learn.";
  const ratio = last / first;
  const words = ratio >= 1 ? `${times(ratio)} slower` : `${times(1 / ratio)} faster`;
  return html`At the start layer 2 learns <b data-ratio data-value=${ratio} title=${String(ratio)}>${words}</b> than ${other}.`;
}

/** @param {number} share The first layer's speed as a share of the last one's. @param {number} epoch */
function later(share, epoch) {
  if (!(share > 0) || !Number.isFinite(share)) return "";
  return `After ${epoch === 1 ? "one epoch" : `${fixed(epoch, Number.isInteger(epoch) ? 0 : 2)} epochs`}: ${share <= 1 ? `${times(1 / share)} slower` : `${times(share)} faster`}.`;
}

/** Return the lines that do the same up to the epoch that was reached. @param {State} state */
function lines({ settings: { hidden, activation, init, seed, data }, mini_batch_size: m, images, n, eta, lmbda, code }) {
  const layers = activation === "sigmoid" ? `[784, ${Array(hidden).fill(30).join(", ")}, 10]` : `[*[nn.Dense(30, activation="${activation}") for _ in range(${hidden})], nn.Dense(10)]`;
  const shape = activation === "sigmoid" ? "" : ", input_shape=(784,)";
  const epochs = Math.floor(images / n);
  return [
    code,
    `train, probe = data[0]${data === "1000" ? "[:1000]" : ""}, data[0][:1000]`,
    `net = nn.Network(${layers}${shape}, cost="cross-entropy", init="${init}", seed=${seed})`,
    "print(net.learning_speeds(probe))",
    ...(epochs ? [`net.SGD(train, epochs=${epochs}, mini_batch_size=${m}, eta=${eta}, lmbda=${lmbda})`, "print(net.learning_speeds(probe))"] : []),
  ].join("\n");
}
