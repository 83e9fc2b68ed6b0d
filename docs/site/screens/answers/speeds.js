/** Learning speeds, answered in the page as play/screens/speeds.py answers it, for the book's 1,000 training images. */

import { shaped } from "../net/forward.js";
import { load as unpack } from "../net/load.js";
import { choice, whole } from "../numbers/checks.js";
import { ACTIVATIONS, Digits, DigitsNet, INITS } from "../numbers/digits_net.js";
import { FRAME, pause } from "../numbers/pace.js";

const NEURONS = 30; // of each hidden layer
const CLASSES = 10;
const PIXELS = 784;
const [ETA, LMBDA] = [0.1, 5];
const EPOCHS = 500; // each of them is one step
const MOST_HIDDEN = 6;
const MOST_SEED = 2 ** 53;
const PUBLISHED = /** @type {Record<number, number[]>} */ ({ 2: [0.07, 0.31], 3: [0.012, 0.06, 0.283], 4: [0.003, 0.017, 0.07, 0.285] }); // the book's, at the start

/** @typedef {{ hidden: number, activation: typeof ACTIVATIONS[number], init: typeof INITS[number], data: "1000", seed: number }} Settings */

class Run {
  /** @param {Settings} settings @param {Digits} digits */
  constructor(settings, digits) {
    this.settings = settings;
    this.digits = digits;
    this.net = new DigitsNet([PIXELS, ...Array(settings.hidden).fill(NEURONS), CLASSES], settings.activation, "cross-entropy", settings.init, settings.seed);
    this.epoch = 0;
    this.goal = 0;
    this.seconds = 0;
    this.error = "";
    /** @type {number[][]} */
    this.points = [];
    this.measure();
  }

  get running() {
    return this.epoch < this.goal && !this.error;
  }

  /** The gradient on all images is measured, and is that of the next step. */
  measure() {
    this.net.gradient(this.digits, this.digits.all, 0, this.digits.n);
    this.points.push([this.epoch, ...this.net.speeds(this.digits.n)]);
  }

  train() {
    const begun = performance.now();
    this.net.step(this.digits.n, this.digits.n, ETA, LMBDA, 0);
    this.epoch += 1;
    this.measure();
    this.seconds += (performance.now() - begun) / 1000;
  }
}

/** @param {import("../hosts/site.js").Site} site */
export async function answersOf({ load, push }) {
  const { arrays } = unpack(await load("thousand"));
  const digits = new Digits(/** @type {Uint8Array} */ (arrays.get("images")), /** @type {Uint8Array} */ (arrays.get("labels")));
  let run = new Run({ hidden: 4, activation: "sigmoid", init: "scaled", data: "1000", seed: 0 }, digits);
  let serial = 0;
  let trains = false;
  const state = () => {
    const { settings, net, points } = run;
    const rows = net.layers.length + 1;
    const published = settings.activation === "sigmoid" && settings.init === "scaled" ? PUBLISHED[settings.hidden] ?? [] : [];
    return {
      serial: ++serial, settings, images: run.epoch * digits.n, n: digits.n, measured: digits.n, mini_batch_size: digits.n, eta: ETA, lmbda: LMBDA,
      epochs: EPOCHS, seconds: run.seconds, running: run.running, curve: shaped(Float64Array.from(points.flat()), [points.length, rows]),
      book: published, error: run.error, is_mnist: false, code: "data = nn.datasets.load_sample()",
    };
  };
  const train = async () => {
    if (trains) return;
    trains = true;
    let shown = performance.now();
    while (run.running) {
      await pause(0); // the browser draws, and the reader acts
      if (run.running) run.train();
      if (run.running && performance.now() < shown + FRAME) continue;
      shown = performance.now();
      push("frame", state());
    }
    trains = false;
  };
  /** @param {number} goal */
  const goOn = (goal) => {
    run.goal = Math.min(EPOCHS, goal);
    train();
    return state();
  };
  return {
    begin: (/** @type {any} */ { hidden, activation, init, data = "1000", seed = 0, at = 0 }) => {
      if (data === "all") throw new RangeError("This page has 1,000 training images; nncore play trains on all.");
      const settings = /** @type {Settings} */ ({
        hidden: whole("hidden", hidden, 1, MOST_HIDDEN), activation: choice("activation", activation, ACTIVATIONS), init: choice("init", init, INITS),
        data: choice("data", data, ["1000"]), seed: whole("seed", seed, 0, MOST_SEED),
      });
      const goal = whole("at", at, 0, EPOCHS);
      run.goal = 0;
      run = new Run(settings, digits);
      return goOn(goal);
    },
    state,
    go: () => {
      if (run.epoch >= EPOCHS) run = new Run(run.settings, digits);
      return goOn(EPOCHS);
    },
    pause: () => goOn(0),
    step: () => goOn(run.epoch + 1),
    epoch: () => goOn(run.epoch + 1),
  };
}
