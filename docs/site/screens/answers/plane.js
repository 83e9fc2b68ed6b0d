/** Two inputs, answered in the page as play/screens/plane.py and play/plane_run.py answer it; tables are not read. */

import { shaped } from "../net/forward.js";
import { choice, real, reals, whole } from "../numbers/checks.js";
import { Dense, Steps } from "../numbers/dense.js";
import { FRAME, inPortions, pause, PORTION } from "../numbers/pace.js";
import { Random } from "../numbers/random.js";
import { NAMES, toy } from "../numbers/toy.js";

/** @typedef {import("../numbers/dense.js").Rule} Rule */
/** @typedef {import("../numbers/dense.js").Activation} Activation */

const MOST_POINTS = 500;
const MOST_LAYERS = 3;
const MOST_NEURONS = 8;
const FURTHEST = 1e6; // of a point or a parameter from 0
const MOST_FIRST_EPOCHS = 10000;
const MOST_EPOCHS = 1000000;
const MOST_SEED = 2 ** 53;
const STOPS = 50; // of a trail
const ACTIVATIONS = /** @type {const} */ (["step", "sigmoid", "tanh", "relu"]);
const RULES = /** @type {const} */ (["sgd", "momentum", "nesterov", "adam"]);
const EPOCHS_A_FRAME = [1, 1, 20]; // by speed; at speed 0 mini-batches, and at FULL as many as a frame has time for
const FULL = 3;
const NO_SLOPE = "activation: one with a slope needed to train, such as 'sigmoid'; got 'step': its gradient is 0, so that no weight is moved";

/** A network on points, and its training. */
class Run {
  /** @param {number} number @param {Dense} net @param {Steps | null} steps @param {(name: string, frame: unknown) => void} push */
  constructor(number, net, steps, push) {
    this.number = number;
    this.net = net;
    this.steps = steps;
    this.push = push;
    this.speed = FULL;
    /** @type {number[]} */
    this.cuts = [];
    this.epochs = 0; // while there are no steps
    this.error = "";
    this.going = 0; // the number of the loop that trains; 0 for none
    this.loops = 0;
    if (steps) steps.after = () => this.sever();
  }

  /** The network as it is now. */
  frame() {
    const { steps } = this;
    return {
      run: this.number, parameters: Float32Array.from(this.net.parameters), epochs: Math.min(steps ? steps.epochs : this.epochs, MOST_EPOCHS),
      seconds: steps ? steps.seconds : 0, whole: !steps || steps.whole, running: this.going > 0, error: this.error,
    };
  }

  /** Set parameters by their places. @param {Iterable<[number, number]>} parameters */
  put(parameters) {
    for (const [place, value] of parameters) this.net.parameters[place] = value;
    this.sever();
  }

  sever() {
    for (const place of this.cuts) this.net.parameters[place] = 0;
  }

  /** Train, and note it if the parameters leave the finite numbers. @param {(steps: Steps) => void} train */
  tryTo(train) {
    try {
      if (this.steps) train(this.steps);
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
  }

  /** Train until `stop`, and push about 20 frames a second. */
  async go() {
    if (this.going) return;
    this.error = "";
    const own = (this.going = ++this.loops);
    while (this.going === own) {
      const begun = performance.now();
      this.tryTo((steps) => this.portion(steps, begun));
      if (this.error || (this.steps?.epochs ?? 0) >= MOST_EPOCHS) this.going = 0;
      this.push("frame", this.frame());
      await pause(Math.max(FRAME - PORTION, FRAME - (performance.now() - begun)));
    }
  }

  stop() {
    this.going = 0;
  }

  /** Train what a frame has at this speed. @param {Steps} steps @param {number} begun */
  portion(steps, begun) {
    if (this.speed === 0) steps.oneStep();
    else if (this.speed < FULL) for (let k = 0; k < EPOCHS_A_FRAME[this.speed]; k++) steps.oneEpoch();
    else while (performance.now() - begun < PORTION) steps.oneEpoch();
  }
}

/** @param {import("../hosts/site.js").Site} site */
export function answersOf({ push }) {
  /** @type {Run | null} */
  let run = null;
  let activation = "";
  const known = () => {
    if (!run) throw new RangeError("there is no network yet: ask begin first");
    return run;
  };
  const ready = () => {
    const now = known();
    if (activation === "step") throw new RangeError(NO_SLOPE);
    if (!now.steps) throw new RangeError("points: one or more needed to train, got none");
    return now;
  };
  /** @param {(steps: Steps) => void} train */
  const advance = (train) => {
    const now = ready();
    now.stop();
    now.error = "";
    now.tryTo(train);
    return now.frame();
  };
  return {
    points: (/** @type {any} */ { name, n = 200, noise = 0.1, seed = 0 }) => {
      const [count, deviation, start] = [whole("n", n, 2, MOST_POINTS), real("noise", noise, 0, 1), whole("seed", seed, 0, MOST_SEED - 1)];
      const [here, there] = [start, start + 1].map((each) => toy(choice("name", name, NAMES), count, deviation, each));
      return {
        points: shaped(here.points, [count, 2]), labels: here.labels, test_points: shaped(there.points, [count, 2]), test_labels: there.labels,
      };
    },
    csv: () => {
      throw new RangeError("Tables are not read on this page; nncore play reads them.");
    },
    begin: async (/** @type {any} */ given) => {
      const begun = begin(given, push);
      run?.stop();
      activation = begun.activation;
      run = begun.run;
      const { trail, epochs } = await train(begun);
      return { ...run.frame(), trail, trail_epochs: epochs };
    },
    go: () => {
      ready().go();
      return {};
    },
    pause: () => {
      known().stop();
      return known().frame();
    },
    step: () => advance((steps) => steps.oneStep()),
    epoch: () => advance((steps) => steps.oneEpoch()),
    set: (/** @type {any} */ given) => set(known(), given),
  };
}

/** Return a new network with its points, before any training. @param {any} given @param {(name: string, frame: unknown) => void} push */
function begin(given, push) {
  const { layers, points, labels, rule, mini_batch_size = 10, seed = 1, parameters, epochs = 0, cut = [] } = given;
  const number = whole("run", given.run, 0, MOST_SEED);
  if (!Array.isArray(layers) || layers.length > MOST_LAYERS) throw new RangeError(`layers: a list of at most ${MOST_LAYERS} needed, got ${layers}`);
  const hidden = layers.map((n) => whole("layers", n, 1, MOST_NEURONS));
  const activation = choice("activation", given.activation, ACTIVATIONS);
  const n = whole("points", labels?.length, 0, MOST_POINTS);
  const y = Float64Array.from(reals("labels", labels, n, 0, 1), Math.round);
  const x = Float32Array.from(reals("points", points, 2 * n, -FURTHEST, FURTHEST));
  const named = choice("rule", rule, RULES);
  const settings = {
    eta: real("eta", given.eta, 0, FURTHEST), lmbda: real("lmbda", given.lmbda, 0, FURTHEST), rule: named, mu: named === "sgd" ? 0 : 0.9,
    mini_batch_size: whole("mini_batch_size", mini_batch_size, 1, MOST_POINTS),
  };
  const start = whole("seed", seed, 0, MOST_SEED);
  const net = networkOf(hidden, activation === "step" ? "sigmoid" : activation, start);
  const total = net.parameters.length;
  if (parameters) reals("parameters", parameters, total, -FURTHEST, FURTHEST);
  const trained = whole("epochs", epochs, 0, parameters ? MOST_SEED : MOST_FIRST_EPOCHS);
  const steps = n ? new Steps(net, { n, x, y }, settings, start, parameters ? trained : 0) : null;
  const run = new Run(number, net, steps, push);
  if (parameters) {
    run.epochs = trained;
    run.put(Array.from(parameters, (value, place) => [place, value]));
  }
  run.cuts = placesOf(cut, total);
  run.sever();
  return { run, activation, epochs: parameters || activation === "step" ? 0 : trained };
}

/** Train for some epochs; return the parameters at about fifty of those before the last, and which these are.
 * @param {{ run: Run, epochs: number }} begun */
async function train({ run, epochs }) {
  const { net, steps } = run;
  const every = Math.max(1, Math.floor(epochs / STOPS));
  const [stops, rows] = [/** @type {number[]} */ ([]), /** @type {Float32Array[]} */ ([])];
  let epoch = 0;
  await inPortions(() => {
    if (!steps || run.error || epoch >= epochs) return false;
    if (epoch % every === 0) {
      stops.push(epoch);
      rows.push(Float32Array.from(net.parameters));
    }
    run.tryTo(() => steps.oneEpoch());
    epoch += 1;
    return true;
  });
  const trail = new Float32Array(rows.length * net.parameters.length);
  rows.forEach((row, at) => trail.set(row, at * row.length));
  return { trail: shaped(trail, [rows.length, net.parameters.length]), epochs: Int32Array.from(stops) };
}

/** Change settings or parameters, whether it trains or not. @param {Run} run @param {any} given */
function set(run, { speed, eta, lmbda, parameters, place, value, cut }) {
  const total = run.net.parameters.length;
  if (speed !== undefined) run.speed = whole("speed", speed, 0, FULL);
  for (const [name, number] of /** @type {["eta" | "lmbda", unknown][]} */ ([["eta", eta], ["lmbda", lmbda]])) {
    if (number === undefined) continue;
    const checked = real(name, number, 0, FURTHEST);
    if (run.steps) run.steps.settings[name] = checked;
  }
  if (parameters) run.put(Array.from(reals("parameters", parameters, total, -FURTHEST, FURTHEST), (each, at) => [at, each]));
  if (place !== undefined) run.put([[whole("place", place, 0, total - 1), real("value", value, -FURTHEST, FURTHEST)]]);
  if (cut !== undefined) {
    run.cuts = placesOf(cut, total);
    run.sever();
  }
  return {};
}

/** @param {unknown} cut @param {number} total */
function placesOf(cut, total) {
  if (!Array.isArray(cut) || cut.length > total) throw new RangeError(`cut: a list of at most ${total} places needed, got ${cut}`);
  return cut.map((place) => whole("cut", place, 0, total - 1));
}

/** Return a network of two inputs and one sigmoid neuron, with the first parameters that `nn.Network` draws.
 * @param {number[]} hidden @param {Activation} activation @param {number} seed */
function networkOf(hidden, activation, seed) {
  const net = new Dense([2, ...hidden, 1], [...hidden.map(() => activation), "sigmoid"], "other", "float32");
  const random = new Random(seed);
  for (const { biases, n } of net.layers) net.parameters.set(random.normal(n), biases);
  for (const { start, before, n } of net.layers) {
    net.parameters.set(random.normal(before * n).map((each) => each / Math.sqrt(before)), start);
  }
  return net;
}
