/** The four equations: a digit goes forward and back through a network, and each number says what it was made of. */

import { themes } from "../lib/colours.js";
import { latest, nextFrame, Core } from "../lib/core.js";
import { isTyping, onKeys } from "../lib/keys.js";
import { later } from "../lib/later.js";
import { rem } from "../lib/pictures.js";
import { atMostOnceASecond } from "../lib/speech.js";
import { formOfStrokes } from "../net/mnist_form.js";
import { head } from "../parts/head.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { aloud, describe, number } from "./equations/number.js";
import { exists, factors, firstPlace, placeOf, placeText } from "./equations/quantities.js";
import { back, digit, gradients, output } from "./equations/sections.js";
import { step } from "./equations/step.js";

/** @typedef {import("./equations/quantities.js").Seen} Seen */
/** @typedef {import("./equations/quantities.js").Place} Place */
/** @typedef {import("./equations/sections.js").Network} Network */
/** @typedef {import("./equations/sections.js").Shown} Shown */

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
    /** @type {(Seen & Shown) | null} */
    this.seen = null;
    /** @type {import("./equations/step.js").Along | null} */
    this.along = null;
    /** @type {import("./equations/step.js").Moved} */
    this.moved = { eta: 0, cost: null };
    /** @type {Map<string, import("./equations/number.js").Check>} */
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
    this.ended = false;
    this.keep = later(() => this.ended || model.save_changes());
    this.slow = false;
    this.patience = setTimeout(() => { this.slow = true; this.paint(); }, 300);
    this.begin();
  }

  end() {
    clearTimeout(this.patience);
    this.ended = true;
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
    this.model.set("eta", eta);
    this.keep();
    this.paint();
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
    this.keep();
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
    if (event.key !== "Escape" || isTyping(event) || document.querySelector("dialog[open]")) return;
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
    const lead = "Point at a number or a symbol: its factors light up.";
    const waits = this.slow && !seen && !this.error && network?.draws !== false;
    return html`${head(this.model, "The four equations", lead, network?.draws === false ? [] : tools)}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${network && !network.draws ? html`<div class="empty"><span>${network.sentence}</span></div>` : nothing}
      ${waits ? html`<p class="cap" role="status">The core follows the digit.</p>` : nothing}
      ${network && seen ? html`${this.equations(network, seen)}
        <section class="low"><div class="number">${this.number(seen)}</div><div class="take">${this.step(seen)}</div></section>
        <span class="quietly" aria-live="polite">${this.said}</span>` : nothing}`;
  }

  /** The digit, BP1 to BP4. @param {Network} network @param {Seen & Shown} seen */
  equations(network, seen) {
    const hand = this.hand();
    const labelled = this.model.get("digit") >= 0 && network.reads_digits;
    return html`${digit(network, seen, hand, {
      labelled, setLabel: (label) => this.setLabel(label), setLayer: (layer) => this.set({ layer }),
    })}${output(seen, hand)}${seen.layer === null ? nothing : back(seen, hand)}${gradients(seen, hand)}`;
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
