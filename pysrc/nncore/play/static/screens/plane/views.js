/** What Two inputs shows: each function draws a part of the screen from its state. */

import { steadyMaximum } from "../../lib/colours.js";
import { counted, fixed, percent, significant, typed } from "../../lib/numbers.js";
import { controls } from "../../parts/controls.js";
import "../../parts/curve.js";
import { same } from "../../parts/same.js";
import "../../parts/scrub.js";
import "../../parts/slider.js";
import { html, nothing } from "../../vendor/lit-html.js";
import { NAND, NO_SLOPE, XOR } from "./by_hand.js";
import "./field.js";
import { MINI_BATCH } from "./learner.js";
import { linesOf } from "./lines.js";
import { ACTIVATIONS, layersOf, STEP } from "./network.js";
import { MOST_POINTS, VIEWS } from "./places.js";
import { nameOf, wiring } from "./wiring.js";

/** @typedef {import("../plane.js").Plane} Screen */

const SETS = /** @type {[string, string][]} */ ([["xor", "XOR"], ["circles", "circles"], ["moons", "moons"], ["spirals", "spirals"]]);
const SPEEDS = ["20 mini-batches a second", "20 epochs a second", "400 epochs a second", "as fast as it can"];
const RULES = ["sgd", "momentum", "nesterov", "adam"];

/** The controls of the training, and what was measured. @param {Screen} screen */
export function runControls(screen) {
  const state = screen.running ? "running" : screen.epochs ? "paused" : "new";
  const { now, elsewhere: other } = screen;
  return html`${controls({
    state, off: !screen.canTrain, speeds: SPEEDS, start: () => screen.startOrPause(), step: () => screen.advance("step"), epoch: () => screen.advance("epoch"),
    speed: screen.model.get("speed"), setSpeed: (speed) => { screen.set({ speed }); screen.inOrder(() => screen.core.ask("set", { speed }).then(() => {})); },
  })}<div class="figures">
    ${screen.activation === STEP ? nothing : html`<span>epoch <b data-number="epoch" data-value=${screen.epochs}>${counted(screen.epochs)}</b></span>
    <span>cost <b data-number="cost" data-value=${now?.cost ?? ""}>${now ? fixed(now.cost, 4) : ""}</b></span>`}
    <span>right <b data-number="accuracy" data-value=${now?.accuracy ?? ""}>${now ? percent(now.accuracy, screen.points.length) : ""}</b></span>
    ${other ? html`<span>of other points <b data-number="test" data-value=${other.accuracy}>${percent(other.accuracy, screen.others.length)}</b></span>` : nothing}
    ${screen.activation === STEP ? nothing : html`<span><b class="s" data-number="seconds" data-value=${screen.seconds}>${fixed(screen.seconds, 2)}</b> s</span>`}</div>`;
}

/** The plane with its points. @param {Screen} screen */
export function planeView(screen) {
  const { row, at } = screen.peeked ?? { row: screen.hidden.length + 1, at: 0 };
  const isOutput = row === screen.hidden.length + 1;
  const chosen = screen.selected;
  const view = /** @type {import("./places.js").View} */ (screen.window);
  const axes = axesOf(screen.model.get("axes"));
  const tick = (/** @type {number} */ axis, /** @type {number} */ share) => tickOf(axes, view, axis, share);
  return html`<div class="lab"><h3>${isOutput ? "What the network answers" : `What ${nameOf(row, at)} says`}</h3><span class="cap">${screen.points.length
    ? `${screen.points.length} points` : "no points yet: click"}</span></div>
    <div class="plane-frame"><span class="up"><span>${tick(1, 1)}</span><span>${axes.columns[1]}</span><span>${tick(1, -1)}</span></span>
    <nn-field open aria-label="The plane. Arrows move, Enter sets a point, with Shift one of the other class, or takes one away."
      .state=${{ answers: screen.grid.shown(row, at, screen.activation), zero: screen.grid.z(row, at, screen.activation),
        dashed: isOutput && chosen.row < row ? screen.grid.z(chosen.row, chosen.at, screen.activation) : null, points: screen.points, view }}
      @put=${(/** @type {CustomEvent} */ { detail: { x, y, other } }) => screen.setPoints([...screen.points, { x, y, label: other ? 1 - screen.label : screen.label }])}
      @take=${(/** @type {CustomEvent} */ { detail }) => screen.setPoints(screen.points.filter((_, each) => each !== detail.at))}></nn-field>
    <span class="across"><span>${tick(0, -1)}</span><span>${axes.columns[0]}</span><span>${tick(0, 1)}</span></span></div>
    <div class="row marks"><span class="cap">A click sets</span>${[1, 0].map((label) => html`<button class="btn" aria-pressed=${screen.label === label}
      @click=${() => screen.set({ label })}><i class=${label ? "dot-filled" : "dot-open"}></i>${axes.classes[label]}</button>`)}<span class="key end">${isOutput || screen.activation === STEP || screen.activation === "sigmoid"
        ? html`answer <b>0</b><i class="soft"></i><b>1</b>` : html`<span class="m">a</span> <b>${screen.activation === "relu" ? 0 : "−1"}</b><i class=${screen.activation === "relu" ? "soft upper" : "soft"}></i><b>${significant(screen.grid.top(row, at, screen.activation), 1)}</b>`}</span></div>
    ${screen.activation === STEP ? html`<p class="step-says">${NO_SLOPE}</p>` : curveView(screen)}
    <span class="quietly" aria-live="polite">${screen.sentence()}</span>`;
}

/** The cost over the epochs. @param {Screen} screen */
export function curveView(screen) {
  const series = screen.history.series();
  const most = screen.history.most;
  return html`<div class="lab curve-lab"><h3>Cost</h3><span class="cap">${screen.others.length ? "thin: these points; thick: 200 others" : "on these points"}</span></div>
    <nn-curve aria-label="Cost over the epochs" .series=${series} .x=${epochsAxis(screen.history.epochs)} .y=${costAxis(most)}></nn-curve>`;
}

/** The network, and the numbers of the selected neuron. @param {Screen} screen */
export function networkView(screen) {
  const count = screen.hidden.length;
  return html`<div class="lab"><h3>The network</h3><span class="cap layers">${count === 1 ? "1 hidden layer" : `${count} hidden layers`}
      <span class="pair"><button class="btn" aria-label="One hidden layer less" ?disabled=${!count} @click=${() => screen.setLayers(screen.hidden.slice(0, -1))}>−</button><button
        class="btn" aria-label="One hidden layer more" ?disabled=${count >= 3} @click=${() => screen.setLayers([...screen.hidden, screen.hidden[count - 1] ?? 2])}>+</button></span></span></div>
    ${wiring({ hidden: screen.hidden, parameters: /** @type {Float32Array} */ (screen.parameters), cuts: screen.cuts, selected: screen.selected }, {
      cut: (place) => screen.cut(place),
      choose: (row, at) => screen.set({ layer: row + 1, neuron: at }),
      peek: (row, at) => { screen.peeked = { row, at }; screen.paint(); },
      leave: () => screen.leave(),
      grow: (layer, by) => screen.setLayers(screen.hidden.map((n, at) => (at === layer ? n + by : n))),
      plane: (row, at) => html`<nn-field .state=${screen.grid.small(row, at, screen.activation)}></nn-field>`,
    })}
    ${numbers(screen)}`;
}

/** The weights and the bias of the selected neuron, as numbers that one drags. @param {Screen} screen */
export function numbers(screen) {
  const { row, at } = screen.selected;
  const layer = layersOf(screen.hidden)[row - 1];
  const parameters = /** @type {Float32Array} */ (screen.parameters);
  const rows = Array.from({ length: layer.before }, (_, k) => ({ place: layer.start + layer.before * at + k, name: row === 1 ? html`<span class="m">x<sub class="r">${k}</sub></span>` : `neuron ${k}`, label: `w from ${nameOf(row - 1, k)}` }));
  const entries = [...rows, { place: layer.biases + at, name: html`bias <span class="m">b</span>`, label: "bias b" }];
  const end = screen.activation === STEP && row <= screen.hidden.length + 1 ? html`1 if <span class="m">z</span> &gt; 0, else 0` : row === screen.hidden.length + 1 ? html`<span class="m">a = σ(z)</span>` : html`<span class="m">a = ${{ tanh: "tanh z", sigmoid: "σ(z)", relu: "max(0, z)", step: "" }[screen.activation]}</span>`;
  return html`<div class="lab numbers-lab"><h3>${row === screen.hidden.length + 1 ? "Output neuron" : `Neuron ${at} of layer ${row + 1}`}</h3><span class="cap"><span class="m">z = Σ w a + b</span>, ${end}</span></div>
    <div class="numbers">${entries.map(({ place, name, label }, entry) => html`<div class="number"><span>${name}</span>
      <nn-scrub data-parameter=${place} data-value=${parameters[place]} .name=${label} .first=${screen.first?.[place] ?? 0} .step=${0.1} .value=${parameters[place]} .least=${-1000} .most=${1000}
        class=${screen.cuts.has(place) ? "off" : ""} @value=${(/** @type {CustomEvent} */ { detail }) => screen.move(place, detail)}></nn-scrub>
      ${entry < rows.length ? html`<button class="btn quiet" aria-label=${`${screen.cuts.has(place) ? "Join" : "Cut"} ${label}`} @click=${() => screen.cut(place)}>${screen.cuts.has(place) ? "join" : "cut"}</button>` : nothing}</div>`)}</div>`;
}

/** Points, neurons, training, and the same in Python. @param {Screen} screen */
export function settings(screen) {
  const state = (/** @type {string} */ name) => screen.model.get(name);
  const isToy = state("data") in VIEWS;
  const axes = state("axes");
  const positive = (/** @type {string} */ name) => (/** @type {number} */ value) => (value >= 0 && value <= 1e6 ? "" : `${name}: a number from 0 to 1e+06 needed, got ${value}.`);
  return html`<h3>Points</h3><div class="choices">${SETS.map(([name, word]) => html`<button class="btn" data-set=${name} aria-pressed=${state("data") === name} @click=${() => screen.takeSet(name)}>${word}</button>`)}</div>
    <div class="choices two"><button class="btn" @click=${() => screen.openCsv()}>Own table…</button><button class="btn" @click=${() => screen.setPoints([])}>No points</button></div>
    ${isToy ? html`<nn-slider .name=${"noise"} .least=${0} .most=${0.5} .steps=${50} .value=${state("noise")} .check=${(/** @type {number} */ value) => (value >= 0 && value <= 1 ? "" : `noise: a number from 0 to 1 needed, got ${value}.`)}
        @value=${(/** @type {CustomEvent} */ { detail }) => { screen.set({ noise: detail, hand: true }); screen.inOrder(async () => { await screen.fetchPoints(); await screen.goOn(); }); }}></nn-slider>`
      : html`<p class="cap own">${axes.rows > screen.points.length && screen.points.length === MOST_POINTS ? `${MOST_POINTS} of ${counted(axes.rows)} rows, chosen at random.` : "Your own points. A click on one takes it away."}</p>`}
    <h3>Neurons</h3><div class="choices">${ACTIVATIONS.map(([name, word]) => html`<button class="btn" data-activation=${name} aria-pressed=${screen.activation === name} @click=${() => screen.activation === name || screen.setActivation(name)}>${word}</button>`)}</div>
    <div class="choices two by-hand"><button class="btn" @click=${() => screen.byHand(NAND)}>NAND by hand</button><button class="btn" @click=${() => screen.byHand(XOR)}>XOR by hand</button></div>
    <h3>Training</h3>
    <nn-slider .symbol=${"η"} .name=${"eta"} .scale=${"log"} .least=${0.001} .most=${10} .value=${state("eta")} .check=${positive("eta")} @value=${(/** @type {CustomEvent} */ { detail }) => screen.tune("eta", detail)}></nn-slider>
    <nn-slider .symbol=${"λ"} .name=${"lmbda"} .scale=${"log"} .least=${0} .most=${10} .value=${state("lmbda")} .check=${positive("lmbda")} @value=${(/** @type {CustomEvent} */ { detail }) => screen.tune("lmbda", detail)}></nn-slider>
    <label class="rule">rule<select class="btn" .value=${state("rule")} @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) => screen.setRule(target.value)}>${RULES.map((rule) => html`<option value=${rule} ?selected=${rule === state("rule")}>${rule}</option>`)}</select></label>
    ${same(linesOf({ data: state("data"), noise: state("noise"), set: state("set"), hidden: screen.hidden, activation: screen.activation, seed: state("seed"), epochs: screen.epochs,
      eta: state("eta"), lmbda: state("lmbda"), rule: state("rule"), miniBatch: MINI_BATCH, hand: state("hand") || !screen.whole, parameters: /** @type {Float32Array} */ (screen.parameters) }))}`;
}

/** Return the names of columns and classes, and the ranges of the columns, of a table; else the usual ones. @param {any} given
 * @returns {{ columns: string[], classes: string[], ranges: number[][] | null }} */
function axesOf(given) {
  const two = (/** @type {unknown} */ list) => (Array.isArray(list) && list.length === 2 ? list : null);
  const names = (/** @type {unknown} */ list) => two(list)?.map((name) => String(name).slice(0, 24));
  const ranges = two(given?.ranges)?.every((range) => two(range)?.every(Number.isFinite)) ? given.ranges : null;
  return { columns: names(given?.columns) ?? ["x0", "x1"], classes: names(given?.classes) ?? ["0", "1"], ranges };
}

/** Return the number at an end of an axis, in the units of the table. @param {ReturnType<typeof axesOf>} axes
 * @param {import("./places.js").View} view @param {number} axis @param {number} end */
function tickOf({ ranges }, view, axis, end) {
  const at = (axis ? view.y : view.x) + end * view.half;
  if (!ranges) return typed(at);
  const [low, high] = ranges[axis];
  return significant((low + high) / 2 + (at * (high > low ? high - low : 2)) / 2, 3);
}

/** @type {Map<string, object>} */
const axesMade = new Map();

/** @param {string} key @param {() => object} make @returns {any} */
function once(key, make) {
  if (!axesMade.has(key)) axesMade.set(key, make());
  return axesMade.get(key);
}

/** @param {number} epochs */
const epochsAxis = (epochs) => once(`x${epochs}`, () => ({ least: 0, most: epochs, text: counted }));

/** @param {number} cost */
function costAxis(cost) {
  const most = steadyMaximum([cost], 0.05);
  return once(`y${most}`, () => ({ least: 0, most, text: (/** @type {number} */ value) => (value ? String(Number(value.toPrecision(2))) : "0") }));
}
