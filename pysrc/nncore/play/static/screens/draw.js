/** Draw: a digit goes through a network, and every number on the way is shown. */

import { latest, nextFrame, Core } from "../lib/core.js";
import { steadyMaximum } from "../lib/colours.js";
import { save } from "../lib/files.js";
import { onKeys } from "../lib/keys.js";
import { later } from "../lib/later.js";
import { fixed, significant, signed } from "../lib/numbers.js";
import "../lib/pictures.js";
import { tip } from "../lib/tooltip.js";
import { formOfStrokes } from "../net/mnist_form.js";
import { answer, bars, ranked } from "../parts/answer.js";
import { head } from "../parts/head.js";
import { activationKey, signedKey } from "../parts/keys.js";
import "../parts/pad.js";
import { range, sum } from "../parts/sum.js";
import { terms } from "../parts/terms.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";

/** @typedef {{ kind: "dense" | "convolution" | "pooling", activation: string | null, shape: number[], before: number[],
 *   size: number[] | null, weights: Shaped | null, biases: Float32Array | null }} Layer */
/** @typedef {Float32Array & { shape?: number[] }} Shaped */
/** @typedef {{ title: string, draws: boolean, sentence: string, classes: string[], cost: string, layers: Layer[] }} Network */
/** @typedef {{ z: Float32Array | null, a: Float32Array }} Values */

const MOST_PICTURES = 100; // more neurons than that are shown as the first hundred

/** Return an arc of a circle as the points of a stroke. */
const arc = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ wide, /** @type {number} */ high,
  /** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: 24 }, (_, at) => {
  const angle = ((from + ((to - from) * at) / 23) * Math.PI) / 180;
  return [Math.round(x + wide * Math.cos(angle)), Math.round(y + high * Math.sin(angle))];
});
const THREE = [[...arc(132, 96, 46, 44, -160, 75), ...arc(136, 186, 56, 50, -78, 150)]];

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

class Draw {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    this.example = model.get("strokes") === THREE; // the first stroke replaces it
    /** @type {Network | null} */
    this.network = null;
    /** @type {{ images: Uint8Array, labels: number[], indices: number[] } | null} */
    this.examples = null;
    /** @type {{ index: number, label: number, pixels: Float32Array } | null} */
    this.digit = null;
    /** @type {Float32Array} */
    this.pixels = new Float32Array(784);
    /** @type {Values[] | null} */
    this.values = null;
    this.error = "";
    /** @type {Map<string, Float32Array>} */
    this.rows = new Map();
    /** @type {Map<number, number>} */
    this.scales = new Map();
    this.kept = 0; // the layer in the middle, of net.layers
    this.paint = nextFrame(() => show(this.view(), el));
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
    this.core.end();
    this.model.off("change:strokes", this.changed);
    this.model.off("change:digit", this.changed);
  }

  async begin() {
    try {
      const [network, examples] = await Promise.all([this.core.ask("network"), this.core.ask("examples")]);
      this.network = network;
      this.examples = { images: examples.images, labels: [...examples.labels], indices: [...examples.indices] };
      await this.see();
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** Set a part of the state, and keep it. @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
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
    this.digit = { index, label, pixels: Float32Array.from(bytes, (byte) => byte / 256) };
    this.set({ digit: index, strokes: [] });
  }

  /** Find the 784 numbers that the network sees, and ask for what it makes of them. */
  async see() {
    const index = this.model.get("digit");
    if (index >= 0 && this.digit?.index !== index) {
      const found = await this.core.ask("example", { after: index - 1 });
      this.digit = { ...found, pixels: Float32Array.from(found.pixels, (byte) => byte / 256) };
    }
    this.forward();
  }

  /** Ask what the network makes of the digit, and show both together: a frame shows one state. */
  async askForward() {
    if (!this.network || !this.network.draws) return this.paint();
    const chosen = this.model.get("digit") >= 0 && this.digit;
    const pixels = chosen ? chosen.pixels : seen(this.model.get("strokes"));
    this.values = (await this.core.ask("forward", { pixels })).layers;
    this.pixels = pixels;
    this.paint();
  }

  /** Return which neuron is explained: the chosen one, or that which speaks loudest for the answer. */
  selected() {
    const network = /** @type {Network} */ (this.network);
    const values = /** @type {Values[]} */ (this.values);
    const last = network.layers.length - 1;
    const layer = this.shownLayer();
    const neuron = this.model.get("neuron");
    const chosen = this.model.get("layer") - 2;
    if (neuron >= 0 && chosen >= 0 && chosen <= last && neuron < values[chosen].a.length) return { layer: chosen, neuron };
    if (layer !== last - 1) return { layer, neuron: 0 };
    const [best] = ranked(values[last].a);
    const weights = /** @type {Float32Array} */ (network.layers[last].weights);
    const many = values[layer].a.length;
    const voice = values[layer].a.map((a, at) => a * Math.abs(weights[best * many + at]));
    return { layer, neuron: ranked(voice)[0] };
  }

  /** Return the layer whose neurons stand in the middle. */
  shownLayer() {
    const last = /** @type {Network} */ (this.network).layers.length - 1;
    const chosen = this.model.get("layer") - 2;
    if (chosen >= 0 && chosen < last) this.kept = chosen;
    return Math.min(this.kept, Math.max(0, last - 1));
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([]);
    if (this.model.host?.open) tools.push(["Open network…", () => this.open()]);
    if (this.model.host?.kind === "page") tools.push(["Save as HTML", () => this.saveHtml()]);
    return html`${head(this.model, "Draw", "Draw a digit. Every number on this page follows your pen.", tools)}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${this.network && !this.network.draws ? this.otherInput() : nothing}
      ${this.network && this.network.draws ? html`<section class="stage">
        <div class="first">${this.drawing()}</div>
        <div class="second">${this.values ? this.hidden() : nothing}</div>
        <div class="third">${this.values ? this.outputs() : nothing}</div>
      </section>
      ${this.values ? html`<section class="why">${this.explained()}</section>` : nothing}` : nothing}`;
  }

  otherInput() {
    return html`<div class="empty"><span>${/** @type {Network} */ (this.network).sentence}</span></div>`;
  }

  drawing() {
    const shown = this.model.get("digit") >= 0 && this.digit ? this.digit : null;
    const examples = this.examples;
    return html`<div class="lab"><h3>Your digit</h3><span class="cap dim">${shown ? `test digit ${shown.index}, a ${shown.label}` : "784 pixels"}</span></div>
      <nn-pad label="Drawing pad: draw a digit, or press 0 to 9 for a test digit" .strokes=${this.model.get("strokes")} .picture=${shown ? shown.pixels : null}
        .example=${this.example} .pixels=${this.pixels} @strokes=${(/** @type {CustomEvent} */ event) => this.setStrokes(event.detail)}></nn-pad>
      <div class="row under"><button class="btn" @click=${() => this.setStrokes([])}>Clear</button>
        <button class="btn" @click=${() => this.undo()}>Undo</button>
        <button class="btn end" @click=${() => this.nextDigit()}>A test digit</button></div>
      <div class="thumbs">${examples?.labels.map((label, at) => {
        const bytes = examples.images.subarray(784 * at, 784 * at + 784);
        return html`<button class=${examples.indices[at] === this.model.get("digit") ? "on" : ""} aria-label=${`Test digit ${examples.indices[at]}, a ${label}`}
          @click=${() => this.take(examples.indices[at], label, bytes)}><nn-picture .values=${thumbnail(bytes)}></nn-picture></button>`;
      })}</div>`;
  }

  hidden() {
    const { layers } = /** @type {Network} */ (this.network);
    const last = layers.length - 1;
    const at = this.shownLayer();
    const layer = layers[at];
    const a = /** @type {Values[]} */ (this.values)[at].a;
    const tabs = last > 1
      ? html`<div class="tabs" role="tablist"><h3>Layer</h3>${layers.slice(0, -1).map((_, other) => html`<button role="tab" aria-selected=${other === at}
          aria-label=${`Layer ${other + 2}`} @click=${() => this.set({ layer: other + 2, neuron: 0 })}>${other + 2}</button>`)}</div>`
      : html`<h3>${layerName(layers, at)}</h3>`;
    return html`<div class="lab">${tabs}<span class="cap">${this.isEmpty() ? "no input yet" : loud(layer, a)}</span></div>
      ${layer.shape.length > 1 ? this.maps(at) : this.neurons(at)}`;
  }

  /** The neurons of a dense layer: their weights as pictures where they see the pixels, else their activations. @param {number} at */
  neurons(at) {
    const { layers } = /** @type {Network} */ (this.network);
    const layer = layers[at];
    const { z, a } = /** @type {Values[]} */ (this.values)[at];
    const chosen = this.selected();
    const seesPixels = at === 0 && layer.before.reduce((one, other) => one * other, 1) === 784;
    const most = Math.min(a.length, MOST_PICTURES);
    const scale = this.weightScale(at);
    const top = activationTop(layer, a);
    const cells = Array.from({ length: most }, (_, j) => {
      const { show: over, hide } = tip(() => `Neuron ${j}: z = ${fixed(z ? z[j] : 0, 2)}, a = ${fixed(a[j])}`);
      return html`<button class="cell ${chosen.layer === at && chosen.neuron === j ? "on" : ""}" aria-label=${`Neuron ${j} of layer ${at + 2}`} aria-pressed=${chosen.layer === at && chosen.neuron === j}
        data-neuron=${j} data-value=${a[j]} @click=${() => this.set({ layer: at + 2, neuron: j })} @pointermove=${over} @pointerleave=${hide}>
        ${seesPixels
          ? html`<nn-picture .values=${this.weightsOf(at, j)} .max=${scale}></nn-picture><span class="act"><i class=${a[j] < 0 ? "below" : ""} .style=${`width:${100 * Math.min(1, Math.abs(a[j]) / top)}%`}></i></span>`
          : html`<nn-picture .values=${one(a[j] / top)} .rows=${1} .columns=${1} .max=${layer.activation === "tanh" || layer.activation === "linear" ? 1 : null}></nn-picture>`}
      </button>`;
    });
    return html`<div class="grid ${most > 48 ? "close" : ""}" .style=${`--columns:${columns(most)}`}>${cells}</div>
      ${most < a.length ? html`<p class="cap">The first ${most} of ${a.length} neurons.</p>` : nothing}
      <div class="keys">${seesPixels ? signedKey("weight", scale) : nothing}${top === 1 ? activationKey("activation") : html`<span class="key">activation <b>0</b><i class="a"></i><b>${significant(top, 2)}</b></span>`}</div>`;
  }

  /** The feature maps of a convolutional or pooling layer. @param {number} at */
  maps(at) {
    const { layers } = /** @type {Network} */ (this.network);
    const layer = layers[at];
    const { a } = /** @type {Values[]} */ (this.values)[at];
    const [count, rows, wide] = layer.shape;
    const chosen = this.selected();
    const top = activationTop(layer, a);
    const signedMaps = layer.activation === "tanh" || layer.activation === "linear";
    const cells = Array.from({ length: Math.min(count, MOST_PICTURES) }, (_, k) => html`<button
      class="cell ${chosen.layer === at && chosen.neuron === k ? "on" : ""}" aria-label=${`Map ${k} of layer ${at + 2}`} @click=${() => this.set({ layer: at + 2, neuron: k })}>
      <nn-picture .values=${map(a, k, rows * wide, top)} .rows=${rows} .columns=${wide} .max=${signedMaps ? 1 : null}></nn-picture></button>`);
    return html`<div class="grid ${count > 48 ? "close" : ""}" .style=${`--columns:${columns(count)}`}>${cells}</div>
      <div class="keys"><span class="cap dim">${count} maps of ${rows} x ${wide}</span><span class="key">activation <b>${signedMaps ? signed(-top, 0) : 0}</b><i class=${signedMaps ? "" : "s"}></i><b>${significant(top, 2)}</b></span></div>`;
  }

  outputs() {
    const { layers, classes } = /** @type {Network} */ (this.network);
    const last = layers.length - 1;
    const { a } = /** @type {Values[]} */ (this.values)[last];
    const chosen = this.selected();
    return html`<div class="lab"><h3>${layerName(layers, last)}</h3><span class="cap">activation <span class="m">a</span></span></div>
      ${answer(a, classes, this.isEmpty())}
      ${bars(a, classes, { selected: chosen.layer === last ? chosen.neuron : null, empty: this.isEmpty(), choose: (neuron) => this.set({ layer: last + 2, neuron }) })}`;
  }

  /** Why the selected neuron says what it says. */
  explained() {
    const { layers, classes } = /** @type {Network} */ (this.network);
    const values = /** @type {Values[]} */ (this.values);
    const { layer: at, neuron } = this.selected();
    const layer = layers[at];
    if (layer.shape.length > 1) return this.explainedMap(at, neuron);
    const before = at ? values[at - 1].a : this.pixels;
    const weights = this.weightsOf(at, neuron);
    const products = weights.map((weight, k) => weight * before[k]);
    const z = /** @type {Float32Array} */ (values[at].z)[neuron];
    const parts = {
      plus: total(products, (x) => x > 0), minus: total(products, (x) => x < 0),
      bias: /** @type {Float32Array} */ (layer.biases)[neuron], z, a: values[at].a[neuron],
    };
    const name = at === layers.length - 1 ? html`Neuron ${neuron} of layer ${at + 2}: what speaks for ${classes[neuron]}` : html`Neuron ${neuron} of layer ${at + 2}`;
    const symbol = { sigmoid: "σ(z)", tanh: "tanh z", relu: "max(0, z)", softmax: "softmax(z)", linear: "z" }[layer.activation ?? ""] ?? "";
    const words = { plus: at ? "neurons that speak for it" : "pixels that speak for it", minus: at ? "neurons against" : "pixels that speak against",
      activation: html`<span class="m">${symbol}</span>`, range: range(layer.activation, parts.a) };
    return html`<div class="lab"><h3>${name}</h3><span class="cap"><span class="m">z = Σ w a<sup class="r">${at + 1}</sup> + b</span>, &nbsp;<span class="m">a = ${symbol}</span></span></div>
      ${weights.length === 784 && at === 0 ? this.pixelSum(weights, products, parts, words) : html`<div class="summands">${terms(products, at + 1)}${sum(parts, words)}</div>`}`;
  }

  /** @param {Float32Array} weights @param {Float32Array} products @param {Parameters<typeof sum>[0]} parts @param {Parameters<typeof sum>[1]} words */
  pixelSum(weights, products, parts, words) {
    const scale = this.weightScale(0);
    const [least, most] = extremes(weights);
    return html`<div class="sum">
      <figure><nn-picture class="p" .values=${this.pixels}></nn-picture><figcaption><span class="m">a<sup class="r">1</sup></span>, what it sees</figcaption></figure><div class="op">×</div>
      <figure><nn-picture class="p" .values=${weights} .max=${scale}></nn-picture><figcaption><span class="m">w</span>, ${fixed(least, 2)} to ${signed(most)}</figcaption></figure><div class="op">=</div>
      <figure><nn-picture class="p" .values=${products} .max=${scale}></nn-picture><figcaption>weight × pixel</figcaption></figure>
      ${sum(parts, words)}</div>`;
  }

  /** @param {number} at @param {number} k */
  explainedMap(at, k) {
    const layer = /** @type {Network} */ (this.network).layers[at];
    const { a } = /** @type {Values[]} */ (this.values)[at];
    const [, rows, wide] = layer.shape;
    const top = activationTop(layer, a);
    const large = html`<figure><nn-picture class="p" .values=${map(a, k, rows * wide, top)} .rows=${rows} .columns=${wide}></nn-picture><figcaption>map ${k}, ${rows} x ${wide}</figcaption></figure>`;
    if (!layer.weights) {
      return html`<div class="lab"><h3>Map ${k} of layer ${at + 2}</h3><span class="cap">the largest of each ${(layer.size ?? []).join(" x ")}</span></div><div class="sum">${large}</div>`;
    }
    const shape = layer.weights.shape ?? [];
    const [, channels, high, across] = shape;
    const each = channels * high * across;
    const filter = layer.weights.subarray(k * each, (k + 1) * each);
    const scale = steadyMaximum(filter);
    const shown = Math.min(channels, 10);
    return html`<div class="lab"><h3>Map ${k} of layer ${at + 2}</h3><span class="cap"><span class="m">a = ${layer.activation}(w * a<sup class="r">${at + 1}</sup> + b)</span></span></div>
      <div class="sum filters">${Array.from({ length: shown }, (_, c) => html`<figure><nn-picture class=${channels > 1 ? "small" : "p"} .values=${filter.subarray(c * high * across, (c + 1) * high * across)} .rows=${high} .columns=${across} .max=${scale}></nn-picture>
        <figcaption>${channels > 1 ? `map ${c}` : html`filter <span class="m">w</span>`}</figcaption></figure>`)}
        <div class="op">→</div>${large}<div class="cap">bias <span class="m">b</span> = ${signed(/** @type {Float32Array} */ (layer.biases)[k])}${shown < channels ? html`<br>The first ${shown} of ${channels} filters.` : nothing}</div></div>`;
  }

  isEmpty() {
    return !this.pixels.some((pixel) => pixel);
  }

  /** @param {number} at @param {number} j @returns {Float32Array} */
  weightsOf(at, j) {
    const layer = /** @type {Network} */ (this.network).layers[at];
    const weights = /** @type {Float32Array} */ (layer.weights);
    const many = weights.length / layer.shape[0];
    const key = `${at} ${j}`;
    if (!this.rows.has(key)) this.rows.set(key, weights.subarray(j * many, (j + 1) * many));
    return /** @type {Float32Array} */ (this.rows.get(key));
  }

  /** @param {number} at */
  weightScale(at) {
    if (!this.scales.has(at)) {
      const sizes = (/** @type {Network} */ (this.network).layers[at].weights ?? new Float32Array(1)).map(Math.abs).sort();
      this.scales.set(at, steadyMaximum([0.8 * sizes[Math.floor(0.995 * (sizes.length - 1))]]));
    }
    return /** @type {number} */ (this.scales.get(at));
  }

  open() {
    const field = Object.assign(document.createElement("input"), { type: "file", accept: ".npz,.json,.onnx,.safetensors,.html" });
    field.onchange = async () => {
      try {
        if (field.files?.[0]) await this.model.host?.open?.(field.files[0]);
      } catch (error) {
        this.error = /** @type {Error} */ (error).message;
        this.paint();
      }
    };
    field.click();
  }

  async saveHtml() {
    try {
      const { page, name } = await this.core.ask("html");
      save(page, name, "text/html");
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
    }
  }
}

/** @param {Layer[]} layers @param {number} at */
const layerName = (layers, at) => `Layer ${at + 2}: ${layers[at].shape.reduce((one, other) => one * other, 1)} neurons`;

/** @param {number} many */
const columns = (many) => (many <= 12 ? 4 : many <= 30 ? 6 : many <= 48 ? 8 : 12);

/** @param {Layer} layer @param {Float32Array} a */
function loud(layer, a) {
  const bound = layer.activation === "sigmoid" ? 0.5 : 0;
  return `${a.filter((value) => value > bound).length} of ${a.length} above ${bound}`;
}

/** Return the activation at which its bar is full. @param {Layer} layer @param {Float32Array} a */
const activationTop = (layer, a) => (layer.activation === "relu" || layer.activation === "linear" || !layer.activation ? steadyMaximum(a, 1) : 1);

/** @param {Float32Array} a @param {number} k @param {number} size @param {number} top */
const map = (a, k, size, top) => a.subarray(k * size, (k + 1) * size).map((value) => value / top);

/** Return the 784 numbers, from 0 to 255/256, that a network sees of strokes. @param {number[][][]} strokes */
const seen = (strokes) => Float32Array.from(formOfStrokes(strokes) ?? new Uint8Array(784), (byte) => byte / 256);

const one = (/** @type {number} */ value) => new Float32Array([value]);

/** @param {Float32Array} numbers @param {(x: number) => boolean} kept */
const total = (numbers, kept) => numbers.reduce((sum, x) => (kept(x) ? sum + x : sum), 0);

/** @param {Float32Array} numbers */
const extremes = (numbers) => [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];

/** @type {WeakMap<ArrayBufferLike, Map<number, Float32Array>>} */
const thumbnails = new WeakMap();

/** Return the pixels of a thumbnail as numbers, always the same array for the same bytes. @param {Uint8Array} bytes */
function thumbnail(bytes) {
  if (!thumbnails.has(bytes.buffer)) thumbnails.set(bytes.buffer, new Map());
  const known = /** @type {Map<number, Float32Array>} */ (thumbnails.get(bytes.buffer));
  if (!known.has(bytes.byteOffset)) known.set(bytes.byteOffset, Float32Array.from(bytes, (byte) => byte / 256));
  return /** @type {Float32Array} */ (known.get(bytes.byteOffset));
}
