/**
 * The network of Two inputs as the core trains it, and what the page computes of it: its answers in the plane, its cost on
 * the points, and the curve. `Plane`, the screen, is a Learner that a reader can change.
 */

import { View } from "../../lib/view.js";
import { Grid } from "./grid.js";
import { History } from "./history.js";
import { ACTIVATIONS, Answers, countOf, measured, STEP } from "./network.js";
import {
  cutsOfText, hiddenOf, inside, parametersOfText, pointsFrom, pointsOfText, textOfParameters, viewOf, VIEWS,
} from "./places.js";

/** @typedef {import("./places.js").Point} Point */
/** @typedef {import("./network.js").Activation} Activation */
/**
 * @typedef {{ run: number, parameters: Float32Array, epochs: number, seconds: number, whole: boolean, running: boolean,
 *   error: string }} Frame
 */

export const MINI_BATCH = 10;
const RETRAINED = 10000; // a link to so many epochs needs no weights: the core trains them again

export class Learner extends View {
  /** @param {import("../../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    this.run = 0;
    this.running = false;
    this.seconds = 0;
    this.whole = true; // no part of an epoch is trained
    /** @type {Point[]} */
    this.points = [];
    /** @type {Point[]} */
    this.others = []; // for the test
    this.hidden = hiddenOf(model.get("layers"));
    /** @type {Float32Array | null} */
    this.parameters = null;
    /** @type {Float32Array | null} */
    this.first = null; // the parameters at the start, for a double click on a number
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
    /** @type {import("./places.js").View | undefined} */
    this.window = undefined;
    this.timer = 0;
    this.kept = 0; // when the state was last kept
    this.core.on("frame", (frame) => this.take(frame));
    this.work = this.open();
  }

  end() {
    if (this.running) this.core.ask("pause");
    super.end();
  }

  /** @returns {Activation} */
  get activation() {
    const name = this.model.get("activation");
    return ACTIVATIONS.some(([known]) => known === name) ? name : "tanh";
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
    await this.orRefusal(async () => {
      await this.fetchPoints();
      const count = countOf(this.hidden);
      const parameters = parametersOfText(this.model.get("weights"), count);
      await this.begin({ parameters, cut: cutsOfText(this.model.get("cut"), count), epochs: this.model.get("epochs") });
    });
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
    [this.onPoints, this.onOthers] = [points, others].map((each) =>
      new Answers(Float64Array.from(each, ({ x }) => x), Float64Array.from(each, ({ y }) => y)));
    const known = VIEWS[this.model.get("data")];
    this.window = known ?? (this.window && inside(points, this.window) ? this.window : viewOf(points));
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
      run, layers: hidden, activation: this.activation, seed: state("seed"),
      eta: state("eta"), lmbda: state("lmbda"), rule: state("rule"), mini_batch_size: MINI_BATCH,
      epochs, cut, ...(parameters ? { parameters } : {}),
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
      const here = this.measure(this.onPoints, this.points, parameters);
      const there = this.measure(this.onOthers, this.others, parameters);
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
    if (trained && activation !== STEP && this.now) {
      this.history.add(this.epochs, this.now.cost, this.elsewhere?.cost);
    }
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
    const weights = untouched ? "" : textOfParameters(this.parameters);
    this.set({ epochs: this.epochs, weights, cut: [...this.cuts].join("."), layers: this.hidden });
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

  /** Go on with the same parameters under settings that have changed. */
  goOn() {
    return this.begin({ parameters: this.parameters, cut: [...this.cuts], epochs: this.epochs, keepsCurve: true });
  }

  keepSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), 250);
  }
}
