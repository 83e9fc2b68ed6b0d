/** Draw: a digit goes through a network, and every number on the way is shown. */

import { steadyMaximum } from "../lib/colours.js";
import { latest } from "../lib/core.js";
import { choose, save } from "../lib/files.js";
import { onKeys } from "../lib/keys.js";
import { later } from "../lib/later.js";
import "../lib/pictures.js";
import { View } from "../lib/view.js";
import { formOfStrokes } from "../net/mnist_form.js";
import { answer, bars, ranked } from "../parts/answer.js";
import { head } from "../parts/head.js";
import "../parts/pad.js";
import { html, noChange, nothing } from "../vendor/lit-html.js";
import { THREE } from "./draw/example.js";
import { layerName, layerView } from "./draw/layers.js";
import { explanation } from "./draw/why.js";

/**
 * @typedef {Float32Array & { shape?: number[] }} Shaped
 * @typedef {{ kind: "dense" | "convolution" | "pooling", activation: string | null, shape: number[], before: number[],
 *   size: number[] | null, weights: Shaped | null, biases: Float32Array | null }} Layer
 * @typedef {{ title: string, draws: boolean, sentence: string, classes: string[], cost: string, layers: Layer[] }} Network
 * @typedef {{ z: Float32Array | null, a: Float32Array }} Values
 */

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "draw",
  title: "Draw",
  chapter: "Chapter 1",
  defaults: { strokes: THREE, digit: -1, layer: 0, neuron: -1 },
  shared: ["strokes", "digit"],
  render({ model, el }) {
    const screen = new Draw(model, el);
    return () => screen.end();
  },
};

export class Draw extends View {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    this.example = model.get("strokes") === THREE; // the first stroke replaces it
    /** @type {Network | null} */
    this.network = null;
    /** @type {{ pixels: Float32Array, bytes: Uint8Array, label: number, index: number }[]} */
    this.examples = [];
    /** @type {{ index: number, label: number, pixels: Float32Array } | null} */
    this.digit = null;
    /** @type {Float32Array} */
    this.pixels = new Float32Array(784);
    /** @type {Values[] | null} */
    this.values = null;
    /** @type {Map<string, Float32Array>} */
    this.rows = new Map();
    /** @type {Map<number, number>} */
    this.scales = new Map();
    this.kept = 0; // the layer in the middle, of net.layers
    this.shownThumbs = "";
    /** What was selected last, and for which values and state. */
    this.selection = { asked: /** @type {unknown[]} */ ([]), found: { layer: 0, neuron: 0 } };
    this.forward = latest(() => this.askForward());
    this.keep = later(() => model.save_changes()); // browsers limit how often an address changes
    this.endKeys = onKeys(el, {
      "0-9": (event) => this.nextDigit(Number(event.key)),
      c: () => this.setStrokes([]),
      "Ctrl+z": () => this.undo(),
    });
    this.changed = () => this.see();
    model.on("change:strokes", this.changed);
    model.on("change:digit", this.changed);
    this.begin();
  }

  end() {
    this.keep.now();
    this.endKeys();
    super.end();
    this.model.off("change:strokes", this.changed);
    this.model.off("change:digit", this.changed);
  }

  async begin() {
    await this.orRefusal(async () => {
      const [network, examples] = await Promise.all([this.core.ask("network"), this.core.ask("examples")]);
      const { images, labels, indices } = examples;
      this.network = network;
      this.examples = Array.from(labels, (label, at) => {
        const bytes = images.subarray(784 * at, 784 * (at + 1));
        return { bytes, pixels: shares(bytes), label, index: indices[at] };
      });
      await this.see();
    });
    this.paint();
  }

  /** @param {number[][][]} strokes */
  setStrokes(strokes) {
    this.example = false;
    this.model.set("digit", -1);
    this.model.set("strokes", strokes); // the screen is painted when the answer is there
    this.keep();
  }

  undo() {
    this.setStrokes(this.model.get("strokes").slice(0, -1));
  }

  /** Take a test digit: the next one of a class, or of any class. @param {number} [label] */
  async nextDigit(label) {
    const after = this.model.get("digit");
    const found = await this.core.ask("example", label === undefined ? { after } : { label, after });
    this.take(found.index, found.label, found.pixels);
  }

  /** @param {number} index @param {number} label @param {Uint8Array} bytes */
  take(index, label, bytes) {
    this.digit = { index, label, pixels: shares(bytes) };
    this.set({ digit: index, strokes: [] });
  }

  /** Find the 784 numbers that the network sees, and ask for what it makes of them. */
  async see() {
    const index = this.model.get("digit");
    if (index >= 0 && this.digit?.index !== index) {
      const found = await this.core.ask("example", { after: index - 1 });
      this.digit = { ...found, pixels: shares(found.pixels) };
    }
    this.forward();
  }

  /** Ask what the network makes of the digit, and show both together: a frame shows one state. */
  async askForward() {
    if (!this.network || !this.network.draws) return this.paint();
    const chosen = this.model.get("digit") >= 0 && this.digit;
    const pixels = chosen ? chosen.pixels : shares(formOfStrokes(this.model.get("strokes")) ?? new Uint8Array(784));
    this.values = (await this.core.ask("forward", { pixels })).layers;
    this.pixels = pixels;
    this.paint.now();
  }

  /** The network that is shown. */
  get known() {
    return /** @type {Network} */ (this.network);
  }

  /** Return what the core has answered of a layer. @param {number} at */
  valuesOf(at) {
    return /** @type {Values[]} */ (this.values)[at];
  }

  /** Return which neuron is explained: the chosen one, or that which speaks loudest for the answer. */
  selected() {
    const asked = [this.values, this.model.get("layer"), this.model.get("neuron")];
    if (asked.some((each, at) => each !== this.selection.asked[at])) this.selection = { asked, found: this.findSelected() };
    return this.selection.found;
  }

  findSelected() {
    const last = this.known.layers.length - 1;
    const layer = this.shownLayer();
    const neuron = this.model.get("neuron");
    const chosen = this.model.get("layer") - 2;
    if (neuron >= 0 && chosen >= 0 && chosen <= last && neuron < this.valuesOf(chosen).a.length) {
      return { layer: chosen, neuron };
    }
    if (layer !== last - 1) return { layer, neuron: 0 };
    const weights = this.weightsOf(last, ranked(this.valuesOf(last).a)[0]);
    const voice = this.valuesOf(layer).a.map((a, at) => a * Math.abs(weights[at]));
    return { layer, neuron: ranked(voice)[0] };
  }

  /** Explain a neuron. @param {number} at Its layer, of net.layers. @param {number} neuron */
  select(at, neuron) {
    this.set({ layer: at + 2, neuron });
  }

  /** Return the layer whose neurons stand in the middle. */
  shownLayer() {
    const last = this.known.layers.length - 1;
    const chosen = this.model.get("layer") - 2;
    if (chosen >= 0 && chosen < last) this.kept = chosen;
    return Math.min(this.kept, Math.max(0, last - 1));
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([]);
    if (this.model.host?.open) tools.push(["Open network…", () => this.open()]);
    if (this.model.host?.kind === "page") tools.push(["Save as HTML", () => this.saveHtml()]);
    return html`${head(this.model, "Draw", "Draw a digit. Every number on this page follows your pen.", tools)}
      ${this.refusal()}
      ${this.network && !this.network.draws ? html`<div class="empty"><span>${this.network.sentence}</span></div>` : nothing}
      ${this.network?.draws ? html`<section class="stage">
        <div class="first">${this.drawing()}</div>
        <div class="second">${this.values ? layerView(this) : nothing}</div>
        <div class="third">${this.values ? this.outputs() : nothing}</div>
      </section>
      ${this.values ? html`<section class="why">${explanation(this)}</section>` : nothing}` : nothing}`;
  }

  drawing() {
    const chosen = this.model.get("digit");
    const shown = chosen >= 0 ? this.digit : null;
    return html`<div class="lab"><h3>Your digit</h3><span class="cap dim">${shown
        ? `test digit ${shown.index}, a ${shown.label}` : "784 pixels"}</span></div>
      <nn-pad label="Drawing pad: draw a digit, or press 0 to 9 for a test digit" .strokes=${this.model.get("strokes")}
        .picture=${shown ? shown.pixels : null} .example=${this.example} .pixels=${this.pixels}
        @strokes=${(/** @type {CustomEvent} */ { detail }) => this.setStrokes(detail)}></nn-pad>
      <div class="row under"><button class="btn" @click=${() => this.setStrokes([])}>Clear</button>
        <button class="btn" @click=${() => this.undo()}>Undo</button>
        <button class="btn end" @click=${() => this.nextDigit()}>A test digit</button></div>
      <div class="thumbs">${this.thumbs(chosen)}</div>`;
  }

  /** The test digits to choose from; while a reader draws they stay as they are. @param {number} chosen */
  thumbs(chosen) {
    const shown = JSON.stringify([chosen, this.examples.length]);
    if (shown === this.shownThumbs) return noChange;
    this.shownThumbs = shown;
    return this.examples.map(({ index, label, bytes, pixels }) => html`<button
        class=${index === chosen ? "on" : ""} aria-label=${`Test digit ${index}, a ${label}`}
        @click=${() => this.take(index, label, bytes)}><nn-picture .values=${pixels}></nn-picture></button>`);
  }

  outputs() {
    const { layers, classes } = this.known;
    const last = layers.length - 1;
    const { a } = this.valuesOf(last);
    const chosen = this.selected();
    const selected = chosen.layer === last ? chosen.neuron : null;
    const empty = this.isEmpty();
    return html`<div class="lab"><h3>${layerName(layers, last)}</h3><span class="cap">activation <span
        class="m">a</span></span></div>
      ${answer(a, classes, empty)}
      ${bars(a, classes, { selected, empty, choose: (neuron) => this.select(last, neuron) })}`;
  }

  isEmpty() {
    return !this.pixels.some((pixel) => pixel);
  }

  /** Return the weights of a neuron, always the same array for the same neuron. @param {number} at @param {number} j */
  weightsOf(at, j) {
    const layer = this.known.layers[at];
    const weights = /** @type {Float32Array} */ (layer.weights);
    const many = weights.length / layer.shape[0];
    const key = `${at} ${j}`;
    if (!this.rows.has(key)) this.rows.set(key, weights.subarray(j * many, (j + 1) * many));
    return /** @type {Float32Array} */ (this.rows.get(key));
  }

  /** Return the weight that has the full colour: nearly all are smaller. @param {number} at */
  weightScale(at) {
    if (!this.scales.has(at)) {
      const sizes = (this.known.layers[at].weights ?? new Float32Array(1)).map(Math.abs).sort();
      this.scales.set(at, steadyMaximum([0.8 * sizes[Math.floor(0.995 * (sizes.length - 1))]]));
    }
    return /** @type {number} */ (this.scales.get(at));
  }

  open() {
    choose(".npz,.json,.onnx,.safetensors,.html", (file) => this.orRefusal(async () => this.model.host?.open?.(file)));
  }

  saveHtml() {
    return this.orRefusal(async () => {
      const { page, name } = await this.core.ask("html");
      save(page, name, "text/html");
    });
  }
}

/** Return bytes as the numbers from 0 to 255/256 that a network sees. @param {Uint8Array} bytes */
function shares(bytes) {
  const numbers = new Float32Array(bytes);
  for (let at = 0; at < numbers.length; at++) numbers[at] /= 256;
  return numbers;
}
