/** A training that one watches, as play/live_run.py has it: what it began with, what was moved, and what was measured. */

import { whole, real, choice } from "./checks.js";
import { COSTS, DigitsNet, INITS } from "./digits_net.js";
import { shuffled } from "./order.js";

/**
 * @typedef {import("./digits_net.js").Digits} Digits
 * @typedef {{ eta: number, lmbda: number, mini_batch_size: number, momentum: number, hidden: number, cost: typeof COSTS[number],
 *   init: typeof INITS[number], seed: number }} Settings
 * @typedef {"eta" | "lmbda" | "mini_batch_size" | "momentum"} Movable
 * @typedef {{ images: number, name: Movable, value: number }} Move
 */

const PIXELS = 784;
const CLASSES = 10;
const FIRST_MARK = 100; // images after which the first measurement is made; the others after twice as many each
const LARGEST = 1e300;
const MOST_HIDDEN = 400;
const MOST_SEED = 2 ** 53;
export const MOVABLE = /** @type {const} */ (["eta", "lmbda", "mini_batch_size", "momentum"]);

/** @type {Settings} */
export const FIRST = { eta: 3, lmbda: 0, mini_batch_size: 10, momentum: 0, hidden: 30, cost: "quadratic", init: "scaled", seed: 1 };

/** @type {Record<keyof Settings, (value: unknown) => unknown>} */
const CHECKS = {
  eta: (value) => real("eta", value, 0, LARGEST), lmbda: (value) => real("lmbda", value, 0, LARGEST),
  mini_batch_size: (value) => whole("mini_batch_size", value, 1, MOST_SEED), momentum: (value) => real("momentum", value, -LARGEST, LARGEST),
  hidden: (value) => whole("hidden", value, 0, MOST_HIDDEN), cost: (value) => choice("cost", value, COSTS),
  init: (value) => choice("init", value, INITS), seed: (value) => whole("seed", value, 0, MOST_SEED),
};

/** Return the value of a setting, or refuse it. @param {any} name @param {unknown} value @returns {any} */
export function checked(name, value) {
  return CHECKS[choice("name", name, /** @type {(keyof Settings)[]} */ (Object.keys(CHECKS)))](value);
}

export class LiveRun {
  /**
   * @param {string} letter @param {Settings} settings @param {{ training: Digits, test: Digits }} digits
   * @param {Move[]} [coming] Changes to be made on the way. @param {number} [goal] The number of images after which it pauses.
   */
  constructor(letter, settings, digits, coming = [], goal = 0) {
    this.letter = letter;
    this.settings = { ...settings };
    this.now = { ...settings };
    this.digits = digits;
    this.coming = [...coming];
    this.goal = goal;
    this.n = digits.training.n;
    this.net = new DigitsNet([PIXELS, ...(settings.hidden ? [settings.hidden] : []), CLASSES], "sigmoid", settings.cost, settings.init, settings.seed);
    this.firstWeights = this.weights();
    this.images = 0;
    this.seconds = 0;
    this.done = this.n; // examples of the epoch that has begun
    this.order = new Uint32Array(0);
    this.start = { memory: this.net.memory(), images: 0 };
    /** @type {Move[]} */
    this.moved = [];
    /** @type {number[][]} images, then accuracy and cost on the test and the training images */
    this.points = [];
    this.passing = false; // whether the last point was measured only because the training paused there
    this.error = "";
    this.measure();
  }

  get finished() {
    return this.error !== "" || this.images >= this.goal;
  }

  /** Return the weights of the first layer, a row for each neuron. */
  weights() {
    const { w, before, n } = this.net.layers[0];
    const rows = new Float32Array(w.length);
    for (let k = 0; k < before; k++) for (let j = 0; j < n; j++) rows[j * before + k] = w[k * n + j];
    return rows;
  }

  /** Change a setting; the next mini-batch uses it. @param {any} name @param {unknown} value */
  set(name, value) {
    const movable = choice("name", name, MOVABLE);
    const number = /** @type {number} */ (checked(movable, value));
    if (this.now[movable] === number) return;
    this.coming = [];
    this.change({ images: this.images, name: movable, value: number });
  }

  /** @param {Move} move */
  change(move) {
    this.now[move.name] = move.value;
    if (move.name === "momentum" && move.value === 0) for (const { v_w, v_b } of this.net.layers) [v_w, v_b].forEach((v) => v.fill(0));
    this.note(move);
  }

  /** Note a change. Before the first mini-batch it is what the training begins with. @param {Move} move */
  note(move) {
    if (!this.images) this.settings[move.name] = move.value;
    else this.moved = [...this.moved.filter(({ images, name }) => images !== move.images || name !== move.name), move];
  }

  /** Train on about so many images, or up to where something is to be done; return how many there were. @param {number} images */
  train(images) {
    while (this.coming.length && this.coming[0].images <= this.images) {
      const move = /** @type {Move} */ (this.coming.shift());
      this.change({ ...move, images: this.images });
    }
    const mark = this.nextMark();
    const end = Math.min(mark, this.goal, this.coming.length ? this.coming[0].images : mark, this.images + images);
    const [before, begun] = [this.images, performance.now()];
    while (this.images < end) this.step();
    this.seconds += (performance.now() - begun) / 1000;
    if (!this.net.isFinite()) {
      this.goBack();
      return 0;
    }
    if (this.images >= mark) this.measure();
    else if (this.images >= this.goal) {
      this.measure();
      this.passing = true;
    }
    return this.images - before;
  }

  /** Train on the next mini-batch. */
  step() {
    const { net, now, digits: { training } } = this;
    if (this.done === this.n) {
      this.order = shuffled(this.n, this.settings.seed, Math.round(this.images / this.n));
      this.done = 0;
      this.start = { memory: net.memory(), images: this.images };
    }
    const end = Math.min(this.n, this.done + now.mini_batch_size);
    net.gradient(training, this.order, this.done, end);
    net.step(end - this.done, this.n, now.eta, now.lmbda, now.momentum);
    this.images += end - this.done;
    this.done = end;
  }

  /** Return after how many images the next measurement is due. */
  nextMark() {
    if (this.images < this.n) {
      let mark = FIRST_MARK;
      while (mark <= this.images) mark *= 2;
      if (mark < this.n) return mark;
    }
    return (Math.floor(this.images / this.n) + 1) * this.n;
  }

  /** Measure where the training pauses. */
  rest() {
    if (this.points[this.points.length - 1][0] === this.images) return;
    this.measure();
    this.passing = true;
  }

  measure() {
    const [test, training] = [this.digits.test, this.digits.training].map((digits) => this.net.measure(digits, this.now.lmbda));
    if (this.passing) this.points.pop();
    this.passing = false;
    this.points.push([this.images, test.accuracy, training.accuracy, test.cost, training.cost]);
  }

  /** Forget the epoch in which the parameters left the finite numbers. */
  goBack() {
    const epoch = Math.round(this.start.images / this.n);
    const { eta, momentum, lmbda } = this.now;
    const decay = (eta * lmbda) / this.n;
    const cause = eta > 100 ? `eta = ${eta} is far too large for any data; try 0.1`
      : Math.abs(momentum) >= 1 ? `with momentum = ${momentum} the velocities only grow; take a momentum between -1 and 1`
        : decay > 2 ? `eta lmbda/n = ${Number(decay.toPrecision(3))} flips the sign of the weights at every step; lower lmbda`
          : `eta = ${eta} is probably too large for this network and its data; try a tenth of it`;
    this.error = `epoch ${epoch}: the parameters left the finite numbers; ${cause}. The network is as it was at the start of this epoch.`;
    this.net.goBack(this.start.memory);
    this.images = this.goal = this.start.images;
    this.done = this.n;
    this.coming = [];
    this.passing = false;
    this.points = this.points.filter(([images]) => images <= this.images);
    const late = this.moved.filter(({ images }) => images > this.images);
    this.moved = this.moved.filter(({ images }) => images <= this.images);
    for (const move of late) this.note({ ...move, images: this.images });
  }

  /** Return the points as rows: epochs, and the four numbers that were measured. */
  curve() {
    return Float64Array.from(this.points.flatMap(([images, ...numbers]) => [images / this.n, ...numbers]));
  }

  /** Return a new run with changes: with the settings of now; or, if `keepsMoves`, as this one began, with the same moves.
   * @param {string} letter @param {Partial<Settings>} changes @param {number} goal @param {boolean} [keepsMoves] */
  again(letter, changes, goal, keepsMoves = false) {
    if (!keepsMoves) return new LiveRun(letter, { ...this.now, ...changes }, this.digits, [], goal);
    const moves = [...this.moved, ...this.coming].filter(({ name }) => !(name in changes));
    return new LiveRun(letter, { ...this.settings, ...changes }, this.digits, moves, goal);
  }
}
