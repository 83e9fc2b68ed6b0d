/** Universality: bumps that one drags, a function that one draws, and SGD, which tries the same. */

import { Core, latest, nextFrame } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { later } from "../lib/later.js";
import { counted, fixed } from "../lib/numbers.js";
import { rem } from "../lib/pictures.js";
import "../parts/canvas.js";
import { head } from "../parts/head.js";
import { same } from "../parts/same.js";
import "../parts/scrub.js";
import "../parts/slider.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { pythonLines } from "./universality/python.js";
import { laidOut, middle, paintBar, paintCurve, paintNetwork, place, pointed, TOP } from "./universality/plots.js";
import { surfaceFigure, towerMap } from "./universality/towers.js";

/** @typedef {import("./universality/plots.js").Answer} Answer */
/** @typedef {{ attempt: number, neurons: number, epoch: number, epochs: number, seconds: number, running: boolean, output: Float64Array,
 *   mean: number, max: number, error: string }} Sgd */

const START = { N: 5, w: 1000, own: [], steps: [], heights: [], best: false };
const DRAWN = 101; // points of a reader's function
const CHALLENGE = 0.4; // the book's
const MOST = { 1: 200, 2: 12 }; // of N, by the number of inputs
const STEEP = 200; // w for each bump, so that a step takes a fiftieth of its width
const FEW = 20; // bumps with handles
const NAMED = 10; // bumps whose handles have their height beside them

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "universality",
  title: "Universality",
  chapter: "Chapter 4",
  defaults: { ...START, inputs: 1, draw: false },
  render({ model, el }) {
    const screen = new Universality(model, el);
    return () => screen.end();
  },
};

class Universality {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    /** @type {Answer & { sizes?: number[] } | null} */
    this.answer = null;
    this.inputs = 1; // of the answer that is shown
    /** @type {Sgd | null} */
    this.sgd = null;
    this.attempt = 0; // whose frames are shown; 0 for none
    this.error = "";
    this.chosen = -1; // the bump under the pointer or the keys; with two inputs, the tower
    this.pen = -1; // where keys change the reader's function
    /** @type {[number, number] | null} */
    this.drawn = null; // the last point of the stroke
    this.turn = 0.6; // of the surface
    this.python = false;
    this.surface = "towers";
    this.narrow = matchMedia("(max-width: 720px)");
    this.paint = nextFrame(() => show(this.view(), el));
    this.compute = latest(() => this.ask());
    this.save = later(() => model.save_changes());
    this.endKeys = onKeys(el, { c: () => this.startAgain(), " ": () => this.toggleSgd() });
    this.endFrames = this.core.on("sgd", (/** @type {Sgd} */ frame) => this.take(frame));
    this.narrow.addEventListener("change", this.paint);
    this.compute();
  }

  end() {
    this.save.now();
    if (this.attempt) this.core.ask("stop");
    this.narrow.removeEventListener("change", this.paint);
    this.endKeys();
    this.endFrames();
    this.core.end();
  }

  /** @param {string} name */
  get(name) {
    return this.model.get(name);
  }

  /** Return the state as it is. */
  state() {
    const of = (/** @type {string} */ name) => this.get(name);
    return { N: of("N"), w: of("w"), own: of("own"), steps: of("steps"), heights: of("heights"), best: of("best"), inputs: this.inputs };
  }

  async ask() {
    const inputs = this.get("inputs") === 2 ? 2 : 1;
    const list = (/** @type {string} */ name) => (this.get(name).length ? Float64Array.from(this.get(name), Number) : undefined);
    const [N, w, heights] = [this.get("N"), this.get("w"), list("heights")];
    try {
      this.answer = inputs === 2 ? await this.core.ask("surface", { N, w, heights })
        : await this.core.ask("curve", { N, w, heights, own: list("own"), steps: list("steps"), best: this.get("best") });
      this.inputs = inputs;
      this.error = "";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** Set parts of the state, and ask what the network does now. @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    if (["N", "own", "inputs"].some((name) => name in parts)) this.hideSgd();
    this.save();
    this.compute();
    this.paint();
  }

  /** Take another number of bumps or towers: they stand evenly, as tall as the goal, on steps that are steep enough. @param {number} N */
  setN(N) {
    this.chosen = -1;
    this.set({ N, w: Math.max(this.get("w"), STEEP * N), steps: [], heights: [] });
  }

  startAgain() {
    this.chosen = this.pen = -1;
    this.set(START);
  }

  /** Return a list of the state, which may be newer than the answer, or else that of the answer. @param {"heights" | "steps"} name */
  newest(name) {
    const answered = Array.from(/** @type {Answer} */ (this.answer)[name], (x) => Number(x.toFixed(name === "steps" ? 4 : 2)));
    return this.get(name).length ? [...this.get(name)] : answered;
  }

  /** Return whether the answer is one for the number of bumps or towers that is set. */
  isAnswered() {
    return this.answer?.heights.length === this.get("N") ** this.get("inputs");
  }

  /** Set the height of a bump or tower. @param {number} at @param {number} height */
  lift(at, height) {
    if (!this.isAnswered()) return;
    const heights = this.newest("heights");
    heights[at] = Number(Math.max(-TOP, Math.min(TOP, height)).toFixed(2));
    this.set({ heights, best: false });
  }

  /** Set where a neuron steps. @param {number} neuron @param {number} s */
  shift(neuron, s) {
    if (!this.isAnswered()) return;
    const steps = this.newest("steps");
    steps[neuron] = s;
    this.set({ steps, heights: this.newest("heights"), best: false });
  }

  async toggleSgd() {
    if (this.sgd?.running) return this.core.ask("stop");
    if (this.sgd) return this.hideSgd();
    const own = this.get("own").length ? Float64Array.from(this.get("own"), Number) : undefined;
    try {
      const begun = await this.core.ask("sgd", { N: this.get("N"), inputs: this.inputs, own });
      this.attempt = begun.attempt;
      this.surface = "sgd";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  hideSgd() {
    if (this.attempt) this.core.ask("stop");
    this.attempt = 0;
    this.sgd = null;
    this.surface = "towers";
    this.paint();
  }

  /** Take a frame of SGD, which may come before the answer that names its attempt. @param {Sgd} frame */
  take(frame) {
    if (this.attempt && frame.attempt !== this.attempt) return;
    this.sgd = frame;
    this.paint();
  }

  view() {
    const two = this.get("inputs") === 2;
    const tools = /** @type {[string, () => void][]} */ ([
      [two ? "One input" : "Two inputs", () => this.set({ ...START, inputs: two ? 1 : 2 })],
      ["The same in Python", () => this.showPython()],
    ]);
    const lead = two ? "Choose a tower and drag its height. Drag the surface to turn it."
      : "Drag a bump up or down, or draw a function of your own. The network follows.";
    return html`${head(this.model, "Universality", lead, tools)}
      ${this.error ? html`<p class="said bad" role="alert">${this.error}</p>` : nothing}
      ${this.answer ? html`<section class="g">${this.inputs === 2 ? [surfaceFigure(this, this.answer), towerMap(this, this.answer)] : [this.curve(this.answer), this.network(this.answer)]}</section>
        <section class="low">${this.deviation(this.answer)}${this.settings()}${this.learned()}</section>` : nothing}
      ${this.python && this.answer ? same(pythonLines(this.state(), /** @type {Answer} */ (this.answer))) : nothing}`;
  }

  /** What reaches the output neuron. @param {Answer} answer */
  curve(answer) {
    const { heights, steps } = answer;
    const N = heights.length;
    const draws = this.get("draw");
    const own = this.get("own").length > 0;
    const mode = (/** @type {boolean} */ draw, /** @type {string} */ name) => html`<button class="btn" aria-pressed=${draws === draw}
      @click=${() => { this.pen = -1; this.model.set("draw", draw); this.save(); this.paint(); }}>${name}</button>`;
    const paint = paintCurve(answer, { sgd: this.sgd ? this.sgd.output : null, chosen: this.chosen, pen: this.pen, handles: N <= FEW });
    return html`<div class="first"><div class="lab"><h3>What reaches the output neuron</h3><span class="seg">${mode(false, "Drag bumps")}${mode(true, "Draw a function")}</span></div>
      <div class="figure"><nn-canvas class="plot ${draws ? "draws" : ""}" tabindex="0" role="img" aria-label="The goal and the network, from x = 0 to 1; the arrow keys ${draws ? "draw" : "move bumps"}"
        .draw=${paint} @pointerdown=${this.press} @pointermove=${this.move} @pointerup=${this.lift0} @pointercancel=${this.lift0} @pointerleave=${this.leave} @keydown=${this.keys}></nn-canvas>
        ${N <= NAMED ? Array.from(heights, (h, at) => html`<span class="on ${above(h, answer, at) ? "up" : ""}" data-height=${at} data-value=${h} title=${String(h)}
          .style=${place(middle(steps, at), h)}>h = ${fixed(h, 2)}</span>`) : nothing}</div>
      <div class="key"><span><i class="goal"></i>the goal, ${own ? "yours" : html`<span class="m">σ<sup class="r">−1</sup>(f(x))</span>`}</span>
        <span><i class="ours"></i>the network</span><span><i class="area"></i>deviation</span>${this.sgd ? html`<span><i class="sgd"></i>SGD, ${this.sgd.neurons} neurons</span>` : nothing}</div>
      <span class="quietly" aria-live="polite">${this.spoken()}</span></div>`;
  }

  spoken() {
    const { heights, output } = /** @type {Answer} */ (this.answer);
    if (this.pen >= 0) return `At x = ${fixed(this.pen, 2)} the goal is ${fixed(/** @type {Answer} */ (this.answer).goal[Math.round(this.pen * (output.length - 1))], 2)}.`;
    return this.chosen >= 0 && this.chosen < heights.length ? `Bump ${this.chosen}: height ${fixed(heights[this.chosen], 2)}.` : "";
  }

  /** @param {PointerEvent} event */
  press = (event) => {
    /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
    this.drawn = null;
    this.pen = -1;
    this.move(event);
  };

  lift0 = () => { this.drawn = null; };

  leave = () => {
    this.chosen = -1;
    this.paint();
  };

  /** Drag the bump under the pointer, or draw. @param {PointerEvent} event */
  move = (event) => {
    const { steps, heights } = /** @type {Answer} */ (this.answer);
    if (this.get("draw")) {
      if (!event.buttons) return;
      const coalesced = event.getCoalescedEvents?.() ?? [];
      const target = event.currentTarget;
      const points = (coalesced.length ? coalesced : [event]).map(({ clientX, clientY }) =>
        pointed(/** @type {MouseEvent} */ (/** @type {unknown} */ ({ currentTarget: target, clientX, clientY })), rem()));
      this.drawThrough(points);
      return;
    }
    const [x, value] = pointed(event, rem());
    if (!event.buttons || event.type === "pointerdown") this.chosen = nearest(steps, heights.length, x);
    if (event.buttons) this.lift(this.chosen, value);
    this.paint();
  };

  /** Let the reader's function go through points, in straight lines. @param {[number, number][]} points */
  drawThrough(points) {
    const own = this.goalPoints();
    for (const [x, value] of points) {
      const [from, at] = [this.drawn ?? [x, value], Math.round(x * (DRAWN - 1))];
      const first = Math.round(from[0] * (DRAWN - 1));
      const count = Math.max(1, Math.abs(at - first));
      for (let k = 0; k <= count; k++) own[Math.round(first + ((at - first) * k) / count)] = Number((from[1] + ((value - from[1]) * k) / count).toFixed(2));
      this.drawn = [x, value];
    }
    this.set({ own, steps: [], heights: [] });
  }

  /** Return the points of the goal; those of the book's are rounded. */
  goalPoints() {
    const own = this.get("own");
    if (own.length === DRAWN) return [...own];
    const { goal } = /** @type {Answer} */ (this.answer);
    return Array.from({ length: DRAWN }, (_, at) => Number(goal[Math.round((at * (goal.length - 1)) / (DRAWN - 1))].toFixed(2)));
  }

  /** Left and right choose a bump, up and down move it; or they choose a place, and draw. @param {KeyboardEvent} event */
  keys = (event) => {
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0;
    if (event.ctrlKey || event.metaKey || event.altKey || (!across && !up && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    const heights = this.newest("heights");
    const step = (event.shiftKey ? 10 : 1) * (this.get("draw") ? 0.1 : 0.05);
    if (event.key === "Escape") this.chosen = this.pen = -1;
    else if (this.get("draw")) this.drawByKeys(across, up * step);
    else if (across || this.chosen < 0) this.chosen = Math.max(0, Math.min(heights.length - 1, this.chosen + (across || 1)));
    else this.lift(this.chosen, Math.round(heights[this.chosen] / 0.05) * 0.05 + up * step);
    this.paint();
  };

  /** @param {number} across @param {number} by How much the function rises around the pen. */
  drawByKeys(across, by) {
    if (this.pen < 0) this.pen = 0.5;
    else this.pen = Math.max(0, Math.min(1, Number((this.pen + 0.05 * across).toFixed(2))));
    if (!by) return;
    const own = this.goalPoints();
    const at = Math.round(this.pen * (DRAWN - 1));
    for (let k = Math.max(0, at - 5); k <= Math.min(DRAWN - 1, at + 5); k++) {
      own[k] = Number(Math.max(-TOP, Math.min(TOP, own[k] + by * (1 - Math.abs(k - at) / 6))).toFixed(2));
    }
    this.set({ own, steps: [], heights: [] });
  }

  /** x, the pairs of steps, and the sum. @param {Answer} answer */
  network(answer) {
    const { heights, steps } = answer;
    const N = heights.length;
    const high = this.narrow.matches ? 22 : 31.5;
    const { shown, many, text, y, radius, middle: centre } = laidOut(N, high);
    const title = many ? `The network: ${2 * N} neurons, the first 20 drawn` : `The network: ${2 * N} hidden neurons`;
    return html`<div class="second"><div class="lab"><h3>${title}</h3></div>
      <div class="figure"><nn-canvas class="network" role="img" aria-label="x, ${2 * N} steps, and their sum" .draw=${paintNetwork(answer, this.chosen, high)}></nn-canvas>
      ${text ? Array.from({ length: 2 * shown }, (_, neuron) => {
        const h = (neuron % 2 ? -1 : 1) * heights[neuron >> 1];
        const name = `neuron ${neuron}`;
        return html`<span class="on s" .style=${`top:${y(neuron)}rem;right:calc(100% - ${centre - radius - 0.25}rem)`}>s = <nn-scrub .name=${`s of ${name}`} .step=${0.01} .least=${-1} .most=${2}
            .value=${steps[neuron]} data-step=${neuron} data-value=${steps[neuron]} @value=${(/** @type {CustomEvent} */ { detail }) => this.shift(neuron, detail)}></nn-scrub></span>
          <span class="on h ${h < 0 ? "below" : ""}" .style=${`top:${y(neuron)}rem;left:${centre + radius + 0.25}rem`}><nn-scrub .name=${`h of ${name}`} .step=${0.01} .least=${-TOP} .most=${TOP} .plus=${true}
            .value=${h} data-h=${neuron} data-value=${h} @value=${(/** @type {CustomEvent} */ { detail }) => this.lift(neuron >> 1, neuron % 2 ? -detail : detail)}></nn-scrub></span>`;
      }) : nothing}</div></div>`;
  }

  /** @param {number} by */
  turnBy(by) {
    this.turn += by;
    this.paint();
  }

  /** The number that is the aim of the screen. @param {Answer} answer */
  deviation({ mean, max }) {
    const book = this.inputs === 1 && !this.get("own").length;
    const over = mean - CHALLENGE;
    const says = !book ? html`the largest is <span data-max data-value=${max} title=${String(max)}>${fixed(max, 2)}</span>`
      : over <= 0 ? "within the challenge of 0.40" : `${fixed(over, 2)} above the challenge`;
    return html`<div class="third"><h3>Mean deviation</h3><div class="dev"><b data-mean data-value=${mean} title=${String(mean)}>${deviationText(mean)}</b><span class="cap">${says}</span></div>
      <nn-canvas class="bar2" role="img" aria-label="The mean deviation as a bar" .draw=${paintBar(mean, this.sgd ? this.sgd.mean : null, book ? CHALLENGE : null)}></nn-canvas></div>`;
  }

  settings() {
    const most = MOST[/** @type {1 | 2} */ (this.inputs)];
    const check = (/** @type {number} */ N) => (Number.isInteger(N) && N >= 1 && N <= most ? "" : `N: a whole number from 1 to ${most} needed, got ${N}.`);
    const checkW = (/** @type {number} */ w) => (w >= 5 && w <= 1e6 ? "" : `w: a number from 5 to 1,000,000 needed, got ${w}.`);
    return html`<div class="set"><nn-slider .symbol=${"N"} .name=${this.inputs === 2 ? "towers along each input" : "bumps, two neurons each"} .least=${1} .most=${most} .scale=${"log"} .whole=${true} .check=${check} .value=${this.get("N")}
        data-set="N" @value=${(/** @type {CustomEvent} */ { detail }) => this.setN(detail)}></nn-slider>
      <nn-slider .symbol=${"w"} .name=${"how steep the steps are"} .least=${5} .most=${40000} .scale=${"log"} .check=${checkW} .value=${this.get("w")}
        data-set="w" @value=${(/** @type {CustomEvent} */ { detail }) => this.set({ w: detail })}></nn-slider></div>`;
  }

  /** SGD's try, and what else one can do. */
  learned() {
    const { sgd } = this;
    const neurons = this.inputs === 2 ? 2 * (this.get("N") + 1) + this.get("N") ** 2 : 2 * this.get("N");
    const deviation = sgd ? html`<b data-sgd data-value=${sgd.mean} data-epoch=${sgd.epoch} title=${String(sgd.mean)}>${deviationText(sgd.mean)}</b>` : nothing;
    const says = !sgd ? `These weights were set by hand. SGD starts ${neurons} neurons as soft steps and moves all of them.`
      : sgd.error ? sgd.error
        : sgd.running ? html`Epoch ${counted(sgd.epoch)} of ${counted(sgd.epochs)}: SGD is at ${deviation} with ${sgd.neurons} neurons.`
          : html`After ${counted(sgd.epoch)} epochs (${fixed(sgd.seconds, 2)} s) SGD is at ${deviation} with ${sgd.neurons} neurons${this.inputs === 2 ? " in one layer" : ""}. ${
            this.inputs === 2 ? "It needs no towers." : "They need not stand in pairs."}`;
    return html`<div class="fourth"><h3>Can it be learned?</h3><p class="cap" aria-live=${sgd?.running ? "off" : "polite"}>${says}</p>
      <div class="row"><button class="btn main" data-sgd-button @click=${() => this.toggleSgd()}>${sgd?.running ? "Stop" : sgd ? "Hide SGD" : "Let SGD try"}</button>
        ${this.inputs === 1 ? html`<button class="btn" aria-pressed=${this.get("best")} @click=${() => this.set({ best: true, heights: [] })}>Best heights</button>` : nothing}
        <button class="btn" @click=${() => this.startAgain()}>Start again</button></div></div>`;
  }

  showPython() {
    this.python = !this.python;
    this.paint();
    requestAnimationFrame(() => this.el.querySelector(".same")?.scrollIntoView({ block: "nearest" }));
  }
}

/** A deviation has two decimals, three below 0.1. @param {number} deviation */
const deviationText = (deviation) => fixed(deviation, deviation < 0.1 ? 3 : 2);

/** Return the bump whose middle is nearest to x. @param {ArrayLike<number>} steps @param {number} N @param {number} x */
const nearest = (steps, N, x) => Array.from({ length: N }, (_, at) => Math.abs(middle(steps, at) - x)).reduce((best, gap, at, gaps) => (gap < gaps[best] ? at : best), 0);

/** Return whether the height of a bump is written above its handle, where the goal leaves room. @param {number} h @param {Answer} answer @param {number} at */
function above(h, { goal, steps, heights }, at) {
  const beside = goal[Math.max(0, Math.min(goal.length - 1, Math.round((middle(steps, at) + 0.12 / heights.length) * (goal.length - 1))))];
  return (h >= beside && h < TOP - 0.4) || h < 0.35 - TOP;
}
