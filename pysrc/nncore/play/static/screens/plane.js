/** Two inputs: points in the plane, and a small network whose every neuron is seen while it learns or is moved by hand. */

import { choose } from "../lib/files.js";
import { onKeys } from "../lib/keys.js";
import { percent } from "../lib/numbers.js";
import { head } from "../parts/head.js";
import { html, nothing } from "../vendor/lit-html.js";
import { Learner } from "./plane/learner.js";
import { carriedOver, STEP } from "./plane/network.js";
import { MOST_POINTS, pointsFrom, pointsOfText, textOfPoints, VIEWS } from "./plane/places.js";
import { networkView, planeView, runControls, settings } from "./plane/views.js";

/** @typedef {import("./plane/places.js").Point} Point */
/** @typedef {import("./plane/network.js").Activation} Activation */

const OF_POINTS = ["data", "points", "axes", "set", "noise"]; // of the state

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "plane",
  title: "Two inputs",
  chapter: "Chapter 1",
  defaults: {
    data: "circles", noise: 0.1, set: 0, points: "", axes: {},
    layers: [4], activation: "tanh", eta: 0.3, lmbda: 0, rule: "sgd", seed: 1,
    epochs: 100, weights: "", cut: "", hand: false,
    layer: 0, neuron: 0, label: 1, speed: 3,
  },
  render({ model, el }) {
    const screen = new Plane(model, el);
    return () => screen.end();
  },
};

export class Plane extends Learner {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    /** @type {{ row: number, at: number } | null} */
    this.peeked = null;
    /** @type {Record<string, unknown>[]} */
    this.before = []; // what said which points there are, before each change of them
    this.spoken = "";
    this.spokenAt = 0;
    this.endKeys = onKeys(el, {
      " ": () => this.startOrPause(),
      "Ctrl+z": () => this.undo(),
      s: () => this.advance("step"),
      e: () => this.advance("epoch"),
      c: () => this.setPoints([]),
      Escape: () => this.leave(),
    });
  }

  end() {
    this.endKeys();
    super.end();
  }

  /** Begin again with other weights. */
  newStart() {
    this.set({ seed: this.model.get("seed") + 1, hand: false });
    this.inOrder(() => this.begin());
  }

  /** Note which points there are, for undo. */
  remember() {
    const now = Object.fromEntries(OF_POINTS.map((name) => [name, this.model.get(name)]));
    this.before = [...this.before.slice(-99), now];
  }

  undo() {
    const before = this.before.pop();
    if (!before) return;
    this.set({ ...before, hand: true });
    this.inOrder(async () => {
      await this.fetchPoints();
      await this.goOn();
    });
  }

  /** Take points of a toy set. @param {string} data */
  takeSet(data) {
    this.remember();
    const set = data === this.model.get("data") ? this.model.get("set") + 1 : 0;
    this.set({ data, points: "", axes: {}, hand: false, set });
    this.inOrder(async () => {
      await this.fetchPoints();
      await this.begin();
    });
  }

  /** Take the reader's own points, and go on with the network. @param {Point[]} points */
  setPoints(points) {
    if (points.length > MOST_POINTS) return;
    this.remember();
    const text = textOfPoints(points);
    this.set({ data: "own", points: text, hand: true });
    this.usePoints(pointsOfText(text), []);
    this.inOrder(() => this.goOn());
  }

  /** Open a table of two columns and a class. */
  openCsv() {
    choose(".csv,.tsv,.txt,.gz", (file) => this.readCsv(file));
  }

  /** @param {File} file */
  readCsv(file) {
    this.inOrder(async () => {
      const data = new Uint8Array(await file.arrayBuffer());
      const found = await this.core.ask("csv", { name: file.name, data });
      const { columns, ranges, classes, rows } = found;
      const text = textOfPoints(pointsFrom(found.points, found.labels));
      this.set({ data: "own", points: text, axes: { columns, ranges, classes, rows }, hand: false });
      this.window = undefined;
      this.usePoints(pointsOfText(text), []);
      await this.begin();
    });
  }

  /** Move one parameter by hand. @param {number} place @param {number} value */
  move(place, value) {
    if (!this.parameters) return;
    this.parameters = this.parameters.slice();
    this.parameters[place] = value;
    this.model.set("hand", true);
    this.compute(false);
    this.inOrder(async () => {
      await this.core.ask("set", { place, value });
      this.keepSoon();
    });
  }

  /** Cut a wire, or join it again. @param {number} place */
  cut(place) {
    if (!this.parameters) return;
    const cuts = new Set(this.cuts);
    if (!cuts.delete(place)) cuts.add(place);
    this.cuts = cuts;
    if (cuts.has(place)) {
      this.parameters = this.parameters.slice();
      this.parameters[place] = 0;
    }
    this.model.set("hand", true);
    this.compute(false);
    this.inOrder(async () => {
      await this.core.ask("set", { cut: [...cuts] });
      this.keep();
    });
  }

  /** Change the layers; neurons that stay keep their weights. @param {number[]} hidden */
  setLayers(hidden) {
    const [old, had, wasRunning] = [this.parameters, this.hidden, this.running];
    const keeps = this.model.get("hand") || this.epochs > 0;
    this.set({ layer: 0, neuron: 0, hand: keeps });
    this.inOrder(async () => {
      this.running = false;
      const epochs = this.epochs;
      await this.begin({ hidden });
      if (keeps && old && this.parameters) {
        await this.begin({ parameters: carriedOver(old, had, this.parameters, hidden), epochs });
      }
      if (wasRunning && this.canTrain) await this.go();
    });
  }

  /** @param {Activation} activation */
  setActivation(activation) {
    const steps = [this.activation, activation].includes(STEP);
    this.set({ activation, hand: steps });
    this.inOrder(() => (steps ? this.goOn() : this.begin())); // with steps or without, the same weights
  }

  /** Set a network by hand. @param {{ hidden: number[], parameters: number[], points: Point[] }} example */
  byHand({ hidden, parameters, points }) {
    this.remember();
    const text = textOfPoints(points);
    this.set({ data: "own", points: text, axes: {}, activation: STEP, hand: true, layer: 0, neuron: 0 });
    this.run++; // no frame of the last network is taken any more
    [this.hidden, this.parameters] = [hidden, Float32Array.from(parameters)];
    [this.cuts, this.running] = [new Set(), false];
    this.window = VIEWS.xor;
    this.usePoints(pointsOfText(text), []);
    this.inOrder(() => this.begin({ parameters: Float32Array.from(parameters) }));
  }

  /** @param {"eta" | "lmbda"} name @param {number} value */
  tune(name, value) {
    this.set({ [name]: value, hand: this.model.get("hand") || this.epochs > 0 });
    this.inOrder(() => this.core.ask("set", { [name]: value }).then(() => {}));
  }

  /** @param {string} rule */
  setRule(rule) {
    this.set({ rule, hand: this.model.get("hand") || this.epochs > 0 });
    this.inOrder(() => this.goOn());
  }

  /** The neuron whose numbers are shown: the chosen one, else the output. */
  get selected() {
    const [row, at] = [this.model.get("layer") - 1, this.model.get("neuron")];
    const last = this.hidden.length + 1;
    return row >= 1 && row < last && at >= 0 && at < this.hidden[row - 1] ? { row, at } : { row: last, at: 0 };
  }

  leave() {
    if (!this.peeked) return;
    this.peeked = null;
    this.paint();
  }

  /** What is said aloud, at most once a second. */
  sentence() {
    if (performance.now() - this.spokenAt > 1000 || !this.running) {
      this.spokenAt = performance.now();
      const count = this.points.length;
      this.spoken = this.now ? `${percent(this.now.accuracy, count)} of ${count} points are answered rightly.`
        : "There are no points yet.";
    }
    return this.spoken;
  }

  get label() {
    return this.model.get("label") === 0 ? 0 : 1;
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([["New start", () => this.newStart()]]);
    return html`${head(this.model, "Two inputs", "Set points, drag a weight, cut a wire. Or let it learn.", tools)}
      ${this.refusal()}
      ${this.parameters ? html`<section class="bar-of-run">${runControls(this)}</section>
      <section class="stage"><div class="left">${planeView(this)}</div><div class="middle">${networkView(this)}</div>
        <div class="right">${settings(this)}</div></section>` : nothing}`;
  }
}
