/** The four equations: a digit goes forward and back through a network, and each number says what it was made of. */

import { themes } from "../lib/colours.js";
import { latest, nextFrame, Core } from "../lib/core.js";
import { isTyping, onKeys } from "../lib/keys.js";
import { fixed } from "../lib/numbers.js";
import "../lib/pictures.js";
import { rem } from "../lib/pictures.js";
import { atMostOnceASecond } from "../lib/speech.js";
import { formOfStrokes } from "../net/mnist_form.js";
import { head } from "../parts/head.js";
import { signedKey } from "../parts/keys.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { heads, outer, scaleOf, table } from "./equations/cells.js";
import { bp1, bp2, bp3, bp4, equation, symbol } from "./equations/lines.js";
import { aloud, costText, describe, number } from "./equations/number.js";
import { exists, factors, firstPlace, placeOf, placeText } from "./equations/quantities.js";
import { step } from "./equations/step.js";

/** @typedef {import("./equations/quantities.js").Seen} Seen */
/** @typedef {import("./equations/quantities.js").Place} Place */
/** @typedef {import("./equations/cells.js").Row} Row */
/** @typedef {import("./equations/number.js").Parameter} Parameter */
/** @typedef {{ title: string, name: string, draws: boolean, sentence: string, kept_back: string, pairs: number[], labels: string[],
 *   classes: string[], reads_digits: boolean }} Network */

const SIDE = 28;
const SAVE = 400; // milliseconds
const PHONE = 45; // rems of width below which equations stand above their pictures

/** The drawing whose label the reader chose last: another drawing has another. @type {unknown} */
let labelled = null;

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "equations",
  title: "The four equations",
  chapter: "Chapter 2",
  defaults: { strokes: [], digit: 78, label: -1, layer: 0, at: "", eta: null },
  shared: ["strokes", "digit"],
  render({ model, el }) {
    const screen = new Equations(model, el);
    return () => screen.end();
  },
};

class Equations {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    /** @type {Network | null} */
    this.network = null;
    /** @type {{ index: number, label: number, pixels: Float32Array } | null} */
    this.digit = null;
    /** @type {Float32Array} */
    this.pixels = new Float32Array(784);
    /** @type {(Seen & { pixels: Float32Array, title: unknown }) | null} */
    this.seen = null;
    /** @type {import("./equations/step.js").Along | null} */
    this.along = null;
    /** @type {import("./equations/step.js").Moved} */
    this.moved = { eta: 0, cost: null };
    /** @type {Map<string, { difference: number | null }>} */
    this.differences = new Map();
    this.held = false;
    this.error = "";
    this.said = "";
    if (labelled && labelled !== model.get("strokes")) model.set("label", -1);
    this.paint = nextFrame(() => show(this.view(), el));
    this.follow = latest(() => this.tried(() => this.askAll()));
    this.compare = latest(() => this.tried(() => this.askDifference()));
    this.move = latest(() => this.tried(() => this.askMoved()));
    this.speech = atMostOnceASecond((text) => { this.said = text; this.paint(); });
    this.endKeys = onKeys(el, { "0-9": (event) => this.nextDigit(Number(event.key)), s: () => this.take() });
    this.place = el.closest("[data-page]") ? document : el;
    this.escape = (/** @type {Event} */ event) => this.letGo(/** @type {KeyboardEvent} */ (event));
    this.place.addEventListener("keydown", this.escape, true);
    this.sizes = new ResizeObserver(this.paint);
    this.sizes.observe(el);
    themes.addEventListener("change", this.paint);
    this.changed = () => this.follow();
    for (const name of ["strokes", "digit", "label", "layer"]) model.on(`change:${name}`, this.changed);
    this.saved = 0; // the timer that keeps the place in the link: browsers allow few changes of the address
    this.slow = false;
    this.patience = setTimeout(() => { this.slow = true; this.paint(); }, 300);
    this.begin();
  }

  end() {
    clearTimeout(this.patience);
    clearTimeout(this.saved);
    this.endKeys();
    this.speech.end();
    this.sizes.disconnect();
    this.core.end();
    this.place.removeEventListener("keydown", this.escape, true);
    themes.removeEventListener("change", this.paint);
    for (const name of ["strokes", "digit", "label", "layer"]) this.model.off(`change:${name}`, this.changed);
  }

  async begin() {
    await this.tried(async () => {
      this.network = await this.core.ask("network");
    });
    this.follow();
    this.paint();
  }

  /** Do what may be refused, and show the reason. @param {() => Promise<void>} work */
  async tried(work) {
    try {
      await work();
      this.error = "";
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
    }
  }

  /** Set a part of the state, and keep it. @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
    this.paint();
  }

  /** Follow the digit through the network; nothing new is shown before all of it has come. */
  async askAll() {
    const { network, model } = this;
    if (!network?.draws) return;
    const index = model.get("digit");
    if (index >= 0 && this.digit?.index !== index) {
      const found = await this.core.ask("example", { after: index - 1 });
      this.digit = { ...found, pixels: Float32Array.from(found.pixels, (byte) => byte / 256) };
    }
    const digit = index >= 0 ? this.digit : null;
    const strokes = model.get("strokes");
    const pixels = digit ? digit.pixels : Float32Array.from(formOfStrokes(strokes) ?? new Uint8Array(784), (byte) => byte / 256);
    const own = model.get("label");
    const label = digit && network.reads_digits ? digit.label : own >= 0 && own < network.labels.length ? own : null;
    const layer = network.pairs.includes(model.get("layer")) ? model.get("layer") : null;
    const seen = await this.core.ask("trace", { pixels, label, layer });
    const eta = this.eta(seen);
    const [along, moved] = await Promise.all([this.core.ask("along", { most: Math.max(seen.range, eta) }), this.core.ask("moved", { eta })]);
    this.differences = new Map();
    this.seen = { ...seen, pixels, title: digit ? `Test digit ${digit.index}` : strokes.length ? "My drawing" : "Nothing is drawn" };
    this.along = along;
    this.moved = { eta, cost: moved.cost };
    await this.askDifference();
    this.paint();
  }

  /** Return the eta that is set, or one within the curve. @param {Seen} seen */
  eta(seen) {
    const eta = this.model.get("eta");
    return typeof eta === "number" && eta >= 0 && eta <= 1e6 ? eta : Number((0.3 * seen.range).toPrecision(2));
  }

  /** @param {number} eta */
  setEta(eta) {
    this.set({ eta });
    this.move();
  }

  async askMoved() {
    if (!this.seen) return;
    const eta = this.eta(this.seen);
    const most = Math.max(this.seen.range, eta);
    const last = this.along?.etas[this.along.etas.length - 1];
    const [along, moved] = await Promise.all([most === last ? this.along : this.core.ask("along", { most }), this.core.ask("moved", { eta })]);
    this.along = along;
    this.moved = { eta, cost: moved.cost };
    this.paint();
  }

  async askDifference() {
    const place = this.at();
    const parameter = place && this.seen ? describe(place, this.seen).parameter : undefined;
    if (!place || !parameter || this.differences.has(placeText(place))) return;
    const known = this.differences;
    known.set(placeText(place), await this.core.ask("difference", parameter));
    this.paint();
  }

  async take() {
    const seen = this.seen;
    if (!seen) return;
    await this.tried(() => this.core.ask("step", { eta: this.eta(seen) }));
    this.follow();
  }

  async again() {
    await this.tried(() => this.core.ask("again"));
    this.follow();
  }

  /** Take a test digit: the next one of a class, or of any class. @param {number} [label] */
  async nextDigit(label) {
    const after = this.model.get("digit");
    await this.tried(async () => {
      const found = await this.core.ask("example", label === undefined ? { after } : { label, after });
      this.digit = { ...found, pixels: Float32Array.from(found.pixels, (byte) => byte / 256) };
      this.set({ digit: found.index, label: -1 });
    });
  }

  /** Show the reader's drawing; if it is shown, or there is none, go where one draws. */
  myDrawing() {
    const { model } = this;
    if (model.get("digit") >= 0 && model.get("strokes").length) this.set({ digit: -1 });
    else model.host?.go?.("draw", { digit: -1 });
  }

  /** @param {number} label */
  setLabel(label) {
    labelled = this.model.get("strokes");
    this.set({ label });
  }

  /** Return the place that is pointed at. @returns {Place | null} */
  at() {
    if (!this.seen) return null;
    const text = this.model.get("at");
    if (text === "none") return null;
    const place = placeOf(text);
    return place && exists(place, this.seen) ? place : firstPlace(this.seen);
  }

  /** @param {Place} place @param {Event} [event] A pointer that passes leaves what is held. */
  point(place, event) {
    if (!this.seen || !exists(place, this.seen)) return;
    if (this.held && event instanceof PointerEvent) return;
    const text = placeText(place);
    if (text === this.model.get("at")) return;
    this.model.set("at", text);
    this.saved ||= window.setTimeout(() => { this.saved = 0; this.model.save_changes(); }, SAVE);
    this.paint();
    this.compare();
    this.speech.say(aloud(place, describe(place, this.seen)));
  }

  /** Hold a place, or let go of the one that is held. @param {Place} place */
  hold(place) {
    const same = placeText(place) === this.model.get("at");
    this.held = !(this.held && same);
    this.point(place);
    this.paint();
  }

  /** @param {KeyboardEvent} event */
  letGo(event) {
    if (event.key !== "Escape" || isTyping(event)) return;
    this.held = false;
    this.set({ at: "none" });
  }

  /** @returns {import("./equations/cells.js").Hand} */
  hand() {
    const wide = this.el.clientWidth / rem();
    const now = () => this.at(); // keys may come faster than frames
    return {
      get at() { return now(); },
      lit: factors(this.at(), /** @type {Seen} */ (this.seen)), room: (wide < PHONE ? wide : wide - 18.5) - 4.5,
      point: (place, event) => this.point(place, event), hold: (place) => this.hold(place),
    };
  }

  view() {
    const { network, seen } = this;
    const tools = /** @type {[string, () => void][]} */ ([]);
    if (this.model.host?.go || this.model.get("strokes").length) tools.push(["My drawing", () => this.myDrawing()]);
    tools.push(["Next digit", () => this.nextDigit()]);
    return html`${head(this.model, "The four equations", "Point at a number or a symbol: its factors light up.", network?.draws === false ? [] : tools)}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${network && !network.draws ? html`<div class="empty"><span>${network.sentence}</span></div>` : nothing}
      ${this.slow && !seen && !this.error && network?.draws !== false ? html`<p class="cap" role="status">The core follows the digit.</p>` : nothing}
      ${network && seen ? html`${this.forward(seen)}${this.output(seen)}${seen.layer === null ? nothing : this.back(seen)}${this.gradients(seen)}
        <section class="low"><div class="number">${this.number(seen)}</div><div class="take">${this.step(seen)}</div></section>
        <span class="quietly" aria-live="polite">${this.said}</span>` : nothing}`;
  }

  /** The digit, and what goes forward. @param {Seen & { pixels: Float32Array, title: unknown }} seen */
  forward(seen) {
    const { classes, labels, reads_digits, pairs, kept_back } = /** @type {Network} */ (this.network);
    const hand = this.hand();
    const best = seen.last.a.length > 1 ? seen.last.a[seen.answer] : seen.last.a[0];
    const fixedLabel = this.model.get("digit") >= 0 && reads_digits;
    const name = (/** @type {number} */ at) => (seen.last.a.length > 1 ? classes[at] : labels[at]);
    const label = fixedLabel ? html`, a ${labels[seen.label]}` : html`, <label>a <select aria-label="Its label" data-label @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) => this.setLabel(Number(target.value))}>${labels.map(
      (each, at) => html`<option value=${at} .selected=${at === seen.label}>${each}</option>`)}</select></label>`;
    const between = pairs.length > 1 ? html`<label class="cap">Layers <select aria-label="Which layers are shown" data-layers @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) => this.set({ layer: Number(target.value) })}>${pairs.map(
      (layer) => html`<option value=${layer} .selected=${layer === seen.layer}>${layer} and ${layer + 1}</option>`)}</select></label>` : nothing;
    return html`<section class="bp first"><div class="case"><div class="seen"><nn-picture .values=${seen.pixels}></nn-picture>${this.pixel(hand.lit.get("a1"))}</div><div>
        <h3 class="small">${seen.title}${label}</h3>
        <p class="cap" aria-live="polite">It answers ${name(seen.answer)}, with <span data-answer data-value=${best}>${fixed(best)}</span>.<br>Cost <span class="m">C</span> = <b data-cost data-value=${String(seen.cost)}>${costText(seen)}</b></p>${between}</div></div>
      <div>${seen.layer === null ? nothing : table(`Layer ${seen.layer}`, this.forwardRows(seen), hand, heads(seen.layer === 1 ? "pixel" : "neuron", /** @type {any} */ (seen.below).a.length, hand.room))}
        ${kept_back ? html`<p class="cap kept">${kept_back}</p>` : nothing}</div></section>`;
  }

  /** A frame around the pixel that is pointed at. @param {unknown} k */
  pixel(k) {
    if (typeof k !== "number") return nothing;
    return html`<span class="frame-n" .style=${`left:${(100 * (k % SIDE)) / SIDE}%;top:${(100 * Math.floor(k / SIDE)) / SIDE}%;width:${100 / SIDE}%;height:${100 / SIDE}%`}></span>`;
  }

  /** @param {Seen} seen @returns {Row[]} */
  forwardRows({ below, layer }) {
    const values = /** @type {NonNullable<Seen["below"]>} */ (below);
    return [...(values.z ? [row(`z${layer}`, values.z)] : []), row(`a${layer}`, values.a)];
  }

  /** BP1. @param {Seen} seen */
  output(seen) {
    const { last, layers, y, quadratic } = seen;
    const n = last.a.length;
    const hand = this.hand();
    const delta = /** @type {Float64Array} */ (last.delta);
    const rows = [row(`a${layers}`, last.a, three), row("y", y, String), ...(last.sigma_prime ? [row(`s${layers}`, last.sigma_prime, three, !quadratic)] : []),
      row(`d${layers}`, delta, (value) => fixed(value, 4))];
    const why = quadratic ? `${n === 1 ? "One number" : "One number for each output"}.` : "This cost cancels σ′(z).";
    return html`<section class="bp"><div><h3 class="small">BP1 &ensp;the error of the output layer</h3>${equation(quadratic ? "BP1" : "BP1, whose sigma prime is struck out", bp1(seen), hand)}<p class="cap">${why}</p>${key(`d${layers}`, delta)}</div>
      ${table("BP1, the output layer", rows, hand, heads("output", n, hand.room))}</section>`;
  }

  /** BP2. @param {Seen} seen */
  back(seen) {
    const { below, layer } = seen;
    const hand = this.hand();
    if (!below?.delta || !below.error || !below.sigma_prime) {
      return html`<section class="bp"><div><h3 class="small">BP2 &ensp;the error of the layer before</h3></div><p class="cap">Layer 1 is the input: it has no weights before it, and the error ends at layer 2.</p></section>`;
    }
    const rows = [row(`u${layer}`, below.error), row(`s${layer}`, below.sigma_prime), row(`d${layer}`, below.delta)];
    return html`<section class="bp"><div><h3 class="small">BP2 &ensp;the error of the layer before</h3>${equation("BP2", bp2(Number(layer)), hand)}
      ${key(`d${layer}`, below.delta)}</div>${table(`BP2, layer ${layer}`, rows, hand)}</section>`;
  }

  /** BP3 and BP4. @param {Seen} seen */
  gradients(seen) {
    const hand = this.hand();
    const { above, below, between, layer, layers } = seen;
    const biases = html`<div><h3 class="small">BP3 &ensp;the biases</h3>${equation("BP3", bp3(layers), hand)}</div>`;
    if (layer === null || !above?.delta || !below || !between) return html`<section class="bp">${biases}</section>`;
    const q = `n${layer + 1}`;
    const scale = scaleOf(q, between.nabla_w);
    return html`<section class="bp"><div><div class="both">${biases}<div><h3 class="small">BP4 &ensp;the weights</h3>${equation("BP4", bp4(layer), hand)}</div></div>${key(q, between.nabla_w)}</div>
      ${outer("BP4, the weights", { above: row(`a${layer}`, below.a), side: row(`d${layer + 1}`, above.delta), q, values: between.nabla_w, scale }, hand)}</section>`;
  }

  /** @param {Seen} seen */
  number(seen) {
    const place = this.at();
    const digit = this.model.get("digit");
    const python = digit >= 0 ? `nn.trace(net, *test[${digit}])` : `nn.trace(net, x, ${seen.label})`;
    return number(place && describe(place, seen), place ? this.differences.get(placeText(place)) : undefined, { held: this.held, python });
  }

  /** @param {Seen} seen */
  step(seen) {
    if (!this.along || seen.cost === null) return nothing;
    const eta = this.eta(seen);
    return step({ along: this.along, moved: this.moved, eta, range: seen.range, steps: seen.steps, cost: seen.cost,
      setEta: (value) => this.setEta(value), take: () => this.take(), again: () => this.again() });
  }
}

const three = (/** @type {number} */ value) => fixed(value);

/** @param {string} q @param {Float64Array} values @param {(value: number) => string} [text] @param {boolean} [struck] @returns {Row} */
const row = (q, values, text, struck) => ({ q, label: symbol(q), values, scale: scaleOf(q, values), text, struck });

/** The key of the signed scale of a quantity. @param {string} q @param {Float64Array} values */
function key(q, values) {
  const name = q[0] === "n" ? html`<span class="m">∂C/∂w</span>` : html`<span class="m q-${q[0]}">${symbol(q)}</span>`;
  return signedKey(/** @type {any} */ (name), scaleOf(q, values).most);
}
