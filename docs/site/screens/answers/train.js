/** Train, live, answered in the page as play/screens/train.py answers it: on 1,000 training images, without the doctor. */

import { shaped } from "../net/forward.js";
import { load as unpack } from "../net/load.js";
import { whole } from "../numbers/checks.js";
import { Digits } from "../numbers/digits_net.js";
import { checked, FIRST, LiveRun, MOVABLE } from "../numbers/live_run.js";
import { FRAME, pause, PORTION } from "../numbers/pace.js";
import { WeightPictures } from "../numbers/weight_pictures.js";

/** @typedef {import("../numbers/live_run.js").Settings} Settings */

const MOST_RUNS = 4;
const MOST_EPOCHS = 1000;
const MOST_MOVES = 500;
const MOST_SEED = 2 ** 53;
const PIXELS = 784;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FULL = 3;
const SLOWEST = 20; // mini-batches a second, at speed 0
const SLOW_PAUSE = 10; // milliseconds
const EPOCHS = /** @type {Record<number, number>} */ ({ 1: 0.5, 2: 5 }); // epochs a second, at the speeds between

/** @param {import("../hosts/site.js").Site} site */
export async function answersOf({ load, push }) {
  const [test, training] = (await Promise.all(["digits", "thousand"].map((name) => load(name).then(unpack))))
    .map(({ arrays }) => new Digits(/** @type {Uint8Array} */ (arrays.get("images")), /** @type {Uint8Array} */ (arrays.get("labels"))));
  const runs = new Runs({ training, test }, push);
  /** @param {() => void} act */
  const after = (act) => {
    act();
    runs.train();
    return runs.state();
  };
  return {
    begin: (/** @type {any} */ given) => after(() => runs.begin(given)),
    state: () => runs.state(),
    set: (/** @type {any} */ { name, value }) => after(() => runs.run.set(name, value)),
    go: () => after(() => runs.go()),
    pause: () => after(() => runs.pause()),
    step: () => after(() => runs.advance(runs.run.images + 1)),
    epoch: () => after(() => runs.advance((Math.floor(runs.run.images / runs.run.n) + 1) * runs.run.n)),
    speed: (/** @type {any} */ { speed }) => after(() => { runs.speed = whole("speed", speed, 0, FULL); }),
    epochs: (/** @type {any} */ { epochs }) => after(() => runs.setEpochs(epochs)),
    choose: (/** @type {any} */ { run }) => after(() => runs.choose(run)),
    new_start: () => after(() => runs.newStart()),
    beside: (/** @type {any} */ { name, value }) => after(() => runs.beside(name, value)),
    apply: (/** @type {any} */ { changes }) => after(() => runs.apply(changes)),
    drop: (/** @type {any} */ { letter }) => after(() => runs.drop(letter)),
    doctor: () => {
      throw new RangeError("The doctor is not on this page; nncore play has it.");
    },
  };
}

/** At most four runs on the same digits. One of them, the current one, follows the controls. */
class Runs {
  /** @param {{ training: Digits, test: Digits }} digits @param {(name: string, frame: unknown) => void} push */
  constructor(digits, push) {
    this.digits = digits;
    this.push = push;
    /** @type {LiveRun[]} */
    this.runs = [];
    this.current = 0;
    this.epochs = 30;
    this.speed = FULL;
    this.serial = 0;
    this.letter = 0;
    /** What is to be trained, the first to its goal, then the next; `full`: whatever the reader's speed is.
     * @type {{ run: LiveRun, full: boolean }[]} */
    this.queue = [];
    this.trains = false;
    this.allowed = 0; // images that slow motion may train now
    this.last = 0;
    /** @type {WeakMap<LiveRun, WeightPictures>} */
    this.pictures = new WeakMap();
  }

  get run() {
    if (!this.runs.length) throw new RangeError("there is no run yet: ask begin first");
    return this.runs[this.current];
  }

  get goal() {
    return this.epochs * this.digits.training.n;
  }

  nextLetter() {
    return LETTERS[this.letter++ % LETTERS.length];
  }

  /** Make the runs that a link describes, and train each up to where it was. @param {any} given */
  begin({ runs, current = 0, epochs = 30, speed = FULL }) {
    if (!Array.isArray(runs) || runs.length < 1 || runs.length > MOST_RUNS) throw new RangeError(`runs: a list of 1 to ${MOST_RUNS} needed, got ${runs}`);
    const read = runs.map((run) => this.read(run));
    this.current = whole("current", current, 0, read.length - 1);
    this.epochs = whole("epochs", epochs, 1, MOST_EPOCHS);
    this.speed = whole("speed", speed, 0, FULL);
    this.letter = 0;
    this.runs = read.map(({ settings, moved, images }) => new LiveRun(this.nextLetter(), settings, this.digits, moved, images));
    const first = [this.run, ...this.runs.filter((run) => run !== this.run)];
    this.queue = first.filter((run) => !run.finished).map((run) => ({ run, full: true }));
  }

  /** @param {any} run */
  read({ settings = {}, moved = [], at = [0, 0] }) {
    if (!Array.isArray(moved) || moved.length > MOST_MOVES) throw new RangeError(`moved: a list of at most ${MOST_MOVES} needed, got ${moved}`);
    const moves = moved.map((move) => {
      if (!Array.isArray(move) || move.length !== 4 || !MOVABLE.includes(move[2])) throw new RangeError(`moved: [epochs, images, name, value] needed, got ${move}`);
      return { images: this.place(move.slice(0, 2)), name: move[2], value: checked(move[2], move[3]) };
    });
    const own = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, checked(name, value)]));
    return { settings: { ...FIRST, ...own }, moved: moves, images: this.place(at) };
  }

  /** Return a place, [epochs, images after them], as a number of images. @param {any} place */
  place(place) {
    if (!Array.isArray(place) || place.length !== 2) throw new RangeError(`at: [epochs, images] needed, got ${place}`);
    const { n } = this.digits.training;
    return whole("at", place[0], 0, MOST_EPOCHS) * n + Math.min(n, whole("at", place[1], 0, MOST_SEED));
  }

  /** Train the current run, and what else has not reached its goal. A run that is done begins again. */
  go() {
    if (this.run.images >= this.goal) this.beginAgain({}, true);
    this.run.error = "";
    this.run.goal = this.goal;
    this.trainAll();
  }

  pause() {
    this.queue = [];
    this.run.rest();
  }

  /** Train the current run to a goal at full speed, and nothing else. @param {number} goal */
  advance(goal) {
    this.pause();
    this.run.error = "";
    this.run.goal = goal;
    this.queue = [{ run: this.run, full: true }];
  }

  /** @param {unknown} epochs */
  setEpochs(epochs) {
    this.epochs = whole("epochs", epochs, 1, MOST_EPOCHS);
    if (this.queue.some(({ run, full }) => run === this.run && !full)) this.run.goal = this.goal;
  }

  /** @param {unknown} run */
  choose(run) {
    const chosen = whole("run", run, 0, this.runs.length - 1);
    if (chosen === this.current) return;
    this.pause();
    this.current = chosen;
  }

  newStart() {
    const trains = this.queue.some(({ run }) => run === this.run);
    this.beginAgain({ seed: (this.run.settings.seed + 1) % MOST_SEED });
    if (!trains) return;
    this.run.goal = this.goal;
    this.trainAll();
  }

  /** Train a new run that differs from the current one in one setting from the start. @param {any} name @param {unknown} value */
  beside(name, value) {
    const changes = { [name]: checked(name, value) };
    const run = this.run.again(this.nextLetter(), changes, this.goal, true);
    this.add(run);
    this.queue.unshift({ run, full: true });
  }

  /** Begin again with changes, and train; the old run stays beside it. @param {any} changes */
  apply(changes) {
    const own = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, checked(name, value)]));
    this.beginAgain(own);
    this.run.goal = this.goal;
    this.trainAll();
  }

  /** Remove a run, unless it is the only one. @param {unknown} letter */
  drop(letter) {
    const run = this.runs.find((each) => each.letter === letter);
    if (!run || this.runs.length === 1) throw new RangeError(`letter: that of one of several runs needed, got ${letter}`);
    const current = this.run;
    this.remove(run);
    this.current = this.runs.includes(current) ? this.runs.indexOf(current) : this.runs.length - 1;
  }

  trainAll() {
    const others = this.runs.filter((run) => run !== this.run && !run.finished);
    this.queue = [...others.map((run) => ({ run, full: true })), { run: this.run, full: false }];
  }

  /** Put a new run in place of the current one, which stays beside it if it was trained otherwise.
   * @param {Partial<Settings>} changes @param {boolean} [repeats] */
  beginAgain(changes, repeats = false) {
    const old = this.run;
    const settings = { ...old.now, ...changes };
    this.queue = this.queue.filter(({ run }) => run !== old);
    const same = repeats && !old.moved.length && JSON.stringify(settings) === JSON.stringify(old.settings);
    if (same || !old.images) {
      this.runs[this.current] = old.again(old.letter, changes, 0);
      return;
    }
    old.rest();
    old.goal = old.images;
    const added = old.again(this.nextLetter(), changes, 0);
    this.add(added);
    this.current = this.runs.indexOf(added);
  }

  /** Add a run; of more than four the oldest goes, but not the current one. @param {LiveRun} run */
  add(run) {
    const current = this.run;
    this.runs.push(run);
    if (this.runs.length > MOST_RUNS) this.remove(/** @type {LiveRun} */ (this.runs.find((old) => old !== current)));
    this.current = this.runs.indexOf(current);
  }

  /** @param {LiveRun} run */
  remove(run) {
    this.runs = this.runs.filter((each) => each !== run);
    this.queue = this.queue.filter((task) => task.run !== run);
  }

  /** Train what is in the queue, and push about 20 states a second. */
  async train() {
    if (this.trains) return;
    this.trains = true;
    let shown = performance.now();
    while (this.queue.length) {
      await pause(this.queue[0].full || this.speed >= FULL ? 0 : SLOW_PAUSE); // the browser draws, and the reader acts
      const [task] = this.queue;
      if (!task) break;
      if (!task.run.finished) this.portion(task);
      if (task.run.finished) {
        task.run.rest();
        this.queue = this.queue.filter((each) => each !== task);
      }
      if (this.queue.length && performance.now() < shown + FRAME) continue;
      shown = performance.now();
      this.push("frame", this.state());
    }
    this.trains = false;
  }

  /** Train a little of a task. @param {{ run: LiveRun, full: boolean }} task */
  portion({ run, full }) {
    const m = run.now.mini_batch_size;
    const begun = performance.now();
    if (full || this.speed >= FULL) {
      while (!run.finished && performance.now() < begun + PORTION) run.train(m);
      return;
    }
    const rate = this.speed in EPOCHS ? EPOCHS[this.speed] * run.n : SLOWEST * m; // images a second
    this.allowed = Math.min(Math.max((2 * FRAME * rate) / 1000, m), this.allowed + (rate * (begun - this.last)) / 1000);
    this.last = begun;
    if (this.allowed >= Math.max(m, (rate * FRAME) / 2000)) this.allowed = Math.max(0, this.allowed - run.train(Math.floor(this.allowed)));
  }

  state() {
    const run = this.run;
    const pictures = this.pictures.get(run) ?? new WeightPictures(run.firstWeights);
    this.pictures.set(run, pictures);
    return {
      serial: ++this.serial, runs: this.runs.map((each) => this.described(each)), current: this.current, epochs: this.epochs, speed: this.speed,
      running: this.queue.length > 0, fault: "", n: run.n, n_test: this.digits.test.n, n_measured: run.n, is_mnist: false,
      code: `data = [nn.datasets.load_sample()[0][:${run.n}]]`, ...pictures.of(run.weights(), PIXELS),
    };
  }

  /** @param {LiveRun} run */
  described(run) {
    const curve = run.curve();
    return {
      letter: run.letter, settings: { ...run.settings }, now: { ...run.now }, moved: run.moved.map((move) => ({ ...move })), images: run.images,
      goal: run.goal, seconds: run.seconds, trains: this.queue.some((task) => task.run === run), curve: shaped(curve, [curve.length / 5, 5]),
      error: run.error, book: null,
    };
  }
}
