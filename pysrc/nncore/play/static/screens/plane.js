/** Two inputs: points in the plane, and a small network whose every neuron is seen while it learns or is moved by hand. */

import { Core, nextFrame } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { percent } from "../lib/numbers.js";
import { head } from "../parts/head.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { Grid } from "./plane/grid.js";
import { History } from "./plane/history.js";
import { Answers, carriedOver, countOf, measured, STEP } from "./plane/network.js";
import {
  cutsOfText, hiddenOf, inside, MOST_POINTS, parametersOfText, pointsFrom, pointsOfText, textOfParameters, textOfPoints, viewOf, VIEWS,
} from "./plane/places.js";
import { ACTIVATIONS, MINI_BATCH, networkView, planeView, runControls, settings } from "./plane/views.js";

/** @typedef {import("./plane/places.js").Point} Point */
/** @typedef {import("./plane/network.js").Activation} Activation */
/** @typedef {{ run: number, parameters: Float32Array, epochs: number, seconds: number, whole: boolean, running: boolean, error: string }} Frame */

const RETRAINED = 10000; // a link to so many epochs needs no weights: the core trains them again

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "plane",
  title: "Two inputs",
  chapter: "Chapter 1",
  defaults: {
    data: "circles", noise: 0.1, set: 0, points: "", axes: {}, layers: [4], activation: "tanh", eta: 0.3, lmbda: 0, rule: "sgd",
    seed: 1, epochs: 100, weights: "", cut: "", hand: false, layer: 0, neuron: 0, label: 1, speed: 3,
  },
  render({ model, el }) {
    const screen = new Plane(model, el);
    return () => screen.end();
  },
};

export class Plane {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.core = new Core(model);
    this.run = 0;
    this.running = false;
    this.seconds = 0;
    this.whole = true; // no part of an epoch is trained
    this.error = "";
    /** @type {Point[]} */
    this.points = [];
    /** @type {Point[]} */
    this.others = []; // for the test
    this.hidden = hiddenOf(model.get("layers"));
    /** @type {Float32Array | null} */
    this.parameters = null;
    /** @type {Float32Array | null} */
    this.first = null; // the parameters at the start, for a double click on a number
    /** @type {{ row: number, at: number } | null} */
    this.peeked = null;
    this.grid = new Grid();
    this.onPoints = new Answers(new Float64Array(0), new Float64Array(0));
    this.onOthers = this.onPoints;
    this.history = new History();
    /** @type {Set<number>} */
    this.cuts = new Set(); // places of parameters
    this.epochs = 0;
    /** @type {{ cost: number, accuracy: number } | null} */
    this.now = null;
    /** @type {{ cost: number, accuracy: number } | null} */
    this.elsewhere = null; // on the other points
    /** @type {import("./plane/places.js").View | undefined} */
    this.window = undefined;
    this.timer = 0;
    /** @type {Record<string, unknown>[]} */
    this.before = []; // what said which points there are, before each change of them
    this.kept = 0; // when the state was last kept
    this.spoken = "";
    this.spokenAt = 0;
    this.paint = nextFrame(() => show(this.view(), el));
    this.endKeys = onKeys(el, {
      " ": () => this.startOrPause(), "Ctrl+z": () => this.undo(), s: () => this.advance("step"), e: () => this.advance("epoch"), c: () => this.setPoints([]),
      Escape: () => this.leave(),
    });
    this.core.on("frame", (frame) => this.take(frame));
    this.work = this.open();
  }

  end() {
    this.endKeys();
    if (this.running) this.core.ask("pause");
    this.core.end();
  }

  /** @returns {Activation} */
  get activation() {
    const name = this.model.get("activation");
    return ACTIVATIONS.some(([known]) => known === name) ? name : "tanh";
  }

  /** @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
    this.paint();
  }

  /** Do one thing after the other; what the core refuses is shown. @param {() => Promise<void>} act */
  inOrder(act) {
    this.work = this.work.then(act).catch((error) => {
      this.error = error.message;
      this.paint();
    });
  }

  /** Take what the state says, as a link has it. */
  async open() {
    try {
      await this.fetchPoints();
      const count = countOf(this.hidden);
      const parameters = parametersOfText(this.model.get("weights"), count);
      await this.begin({ parameters, cut: cutsOfText(this.model.get("cut"), count), epochs: this.model.get("epochs") });
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
    }
  }

  /** Get the points that the state names. */
  async fetchPoints() {
    const name = this.model.get("data");
    if (!(name in VIEWS)) {
      this.usePoints(pointsOfText(this.model.get("points")), []);
      return;
    }
    const { noise, set } = { noise: this.model.get("noise"), set: this.model.get("set") };
    const found = await this.core.ask("points", { name, noise, seed: set });
    this.usePoints(pointsFrom(found.points, found.labels), pointsFrom(found.test_points, found.test_labels));
  }

  /** @param {Point[]} points @param {Point[]} others */
  usePoints(points, others) {
    [this.points, this.others] = [points, others];
    [this.onPoints, this.onOthers] = [points, others].map((each) => new Answers(Float64Array.from(each, ({ x }) => x), Float64Array.from(each, ({ y }) => y)));
    const own = this.model.get("data");
    this.window = VIEWS[own] ?? (this.window && inside(points, this.window) ? this.window : viewOf(points));
    this.grid.look(this.window);
    this.compute(false);
  }

  /** Have the core make a network: a new one, or one with these parameters. It goes on training if the last did.
   * @param {{ hidden?: number[], parameters?: Float32Array | null, cut?: number[], epochs?: number, keepsCurve?: boolean }} [given] */
  async begin({ hidden = this.hidden, parameters = null, cut = [], epochs = 0, keepsCurve = false } = {}) {
    const wasRunning = this.running && this.activation !== STEP && this.points.length > 0;
    const run = ++this.run;
    const state = (/** @type {string} */ name) => this.model.get(name);
    const frame = await this.core.ask("begin", {
      run, layers: hidden, activation: this.activation, eta: state("eta"), lmbda: state("lmbda"), rule: state("rule"), seed: state("seed"),
      mini_batch_size: MINI_BATCH, epochs, cut, ...(parameters ? { parameters } : {}),
      points: Object.assign(Float32Array.from(this.points.flatMap(({ x, y }) => [x, y])), { shape: [this.points.length, 2] }),
      labels: Uint8Array.from(this.points, ({ label }) => label),
    });
    await this.core.ask("set", { speed: Math.max(0, Math.min(3, Math.round(state("speed")))) });
    this.hidden = hidden;
    this.first = frame.parameters.slice();
    this.cuts = new Set(cut);
    if (!keepsCurve) this.history = new History();
    this.follow(frame.trail, frame.trail_epochs);
    this.take(frame);
    if (wasRunning) await this.go();
    this.keep();
  }

  /** Give the curve what the network was on its way. @param {Float32Array} trail @param {Int32Array} epochs */
  follow(trail, epochs) {
    const count = countOf(this.hidden);
    epochs.forEach((epoch, at) => {
      const parameters = trail.subarray(at * count, (at + 1) * count);
      const [here, there] = [this.measure(this.onPoints, this.points, parameters), this.measure(this.onOthers, this.others, parameters)];
      if (here) this.history.add(epoch, here.cost, there?.cost);
    });
  }

  /** Show where the network stands. @param {Frame} frame */
  take(frame) {
    if (frame.run !== this.run) return;
    this.parameters = frame.parameters;
    this.running = frame.running;
    this.seconds = frame.seconds;
    this.whole = frame.whole;
    this.error = frame.error;
    this.epochs = frame.epochs;
    if (!this.running || performance.now() - this.kept > 1000) this.keep();
    this.compute(true);
  }

  /** Compute what is shown from the parameters. @param {boolean} trained Whether the curve gets a point. */
  compute(trained) {
    if (!this.parameters) return;
    const { hidden, parameters, activation } = this;
    this.grid.compute(hidden, parameters, activation);
    this.now = this.measure(this.onPoints, this.points, parameters);
    this.elsewhere = this.measure(this.onOthers, this.others, parameters);
    if (trained && activation !== STEP && this.now) this.history.add(this.epochs, this.now.cost, this.elsewhere?.cost);
    this.paint();
  }

  /** Return the cost of points and the share of them that is right; null if there are none.
   * @param {Answers} answers @param {Point[]} points @param {Float32Array} parameters */
  measure(answers, points, parameters) {
    if (!points.length) return null;
    return measured(answers.compute(this.hidden, parameters, this.activation).out, points.map(({ label }) => label));
  }

  /** Keep the parameters in the state, for links. */
  keep() {
    if (!this.parameters) return;
    this.kept = performance.now();
    const untouched = !this.model.get("hand") && this.whole && this.epochs <= RETRAINED;
    this.set({ epochs: this.epochs, weights: untouched ? "" : textOfParameters(this.parameters), cut: [...this.cuts].join("."), layers: this.hidden });
  }

  async go() {
    await this.core.ask("go");
    this.running = true;
    this.paint();
  }

  get canTrain() {
    return this.activation !== STEP && this.points.length > 0;
  }

  startOrPause() {
    if (!this.canTrain) return;
    this.inOrder(async () => {
      if (this.running) this.take(await this.core.ask("pause"));
      else await this.go();
    });
  }

  /** @param {"step" | "epoch"} what */
  advance(what) {
    if (this.canTrain && !this.running) this.inOrder(async () => this.take(await this.core.ask(what)));
  }

  /** Begin again with other weights. */
  newStart() {
    this.set({ seed: this.model.get("seed") + 1, hand: false });
    this.inOrder(() => this.begin());
  }

  /** Note which points there are, for undo. */
  remember() {
    this.before = [...this.before.slice(-99), Object.fromEntries(["data", "points", "axes", "set", "noise"].map((name) => [name, this.model.get(name)]))];
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

  /** Go on with the same parameters under settings that have changed. */
  goOn() {
    return this.begin({ parameters: this.parameters, cut: [...this.cuts], epochs: this.epochs, keepsCurve: true });
  }

  /** Take points of a toy set. @param {string} data */
  takeSet(data) {
    this.remember();
    this.set({ data, points: "", axes: {}, hand: false, set: data === this.model.get("data") ? this.model.get("set") + 1 : 0 });
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
    const field = Object.assign(document.createElement("input"), { type: "file", accept: ".csv,.tsv,.txt,.gz" });
    field.onchange = () => field.files?.[0] && this.readCsv(field.files[0]);
    field.click();
  }

  /** @param {File} file */
  readCsv(file) {
    this.inOrder(async () => {
      const found = await this.core.ask("csv", { name: file.name, data: new Uint8Array(await file.arrayBuffer()) });
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

  keepSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), 250);
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
      if (keeps && old && this.parameters) await this.begin({ parameters: carriedOver(old, had, this.parameters, hidden), epochs });
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
    [this.hidden, this.parameters, this.cuts, this.running] = [hidden, Float32Array.from(parameters), new Set(), false];
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
      this.spoken = !this.now ? "There are no points yet." : `${percent(this.now.accuracy, this.points.length)} of ${this.points.length} points are answered rightly.`;
    }
    return this.spoken;
  }

  get label() {
    return this.model.get("label") === 0 ? 0 : 1;
  }

  view() {
    return html`${head(this.model, "Two inputs", "Set points, drag a weight, cut a wire. Or let it learn.", [["New start", () => this.newStart()]])}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${this.parameters ? html`<section class="bar-of-run">${runControls(this)}</section>
      <section class="stage"><div class="left">${planeView(this)}</div><div class="middle">${networkView(this)}</div><div class="right">${settings(this)}</div></section>` : nothing}`;
  }
}
