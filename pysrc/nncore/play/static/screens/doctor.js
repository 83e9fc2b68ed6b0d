/** Why does it not learn?: twelve trainings that go wrong; what the doctor finds; what its advice does. */

import { Core, nextFrame } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { counted, fixed, percent } from "../lib/numbers.js";
import "../parts/curve.js";
import { card } from "../parts/finding.js";
import { head } from "../parts/head.js";
import { same } from "../parts/same.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { drawn } from "./doctor/evidence.js";

const MOST_CARDS = 3;
const LATE = 300; // milliseconds after which a wait is told

/**
 * @typedef {{ evaluation: number[], training: number[], accuracy: number, epochs: number }} Measured
 * @typedef {{ severity: "serious" | "warning" | "note", name: string, sentence: string, advice: string, remedy: string | null, why: boolean }} Finding
 * @typedef {{ setup: string, name: string, applied: { finding: string, text: string }[], now: Measured, before: Measured | null, n: number,
 *   findings: Finding[], healthy: boolean, seconds: number, python: string }} Run
 */

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "doctor",
  title: "Why does it not learn?",
  chapter: "Chapter 3",
  defaults: { setup: "eta-100", applied: [], why: "" },
  render({ model, el }) {
    const screen = new Doctor(model, el);
    return () => screen.end();
  },
};

class Doctor {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    /** @type {{ id: string, name: string }[]} */
    this.setups = [];
    /** @type {Map<string, number>} */
    this.accuracies = new Map();
    /** @type {Run | null} */
    this.run = null;
    /** @type {import("./doctor/evidence.js").Evidence | null} */
    this.evidence = null;
    this.all = false; // whether every finding is shown
    this.waits = false;
    this.error = "";
    this.asked = 0;
    /** @type {{ x: number | null, values: { name: string, value: number }[] }} */
    this.look = { x: null, values: [] };
    this.ended = false;
    this.paint = nextFrame(() => show(this.view(), el));
    this.endKeys = onKeys(el, {
      a: () => this.applyFirst(),
      "Ctrl+z": () => this.undo(),
    });
    this.begin();
  }

  end() {
    this.ended = true;
    this.endKeys();
    this.core.end();
  }

  async begin() {
    try {
      this.setups = (await this.core.ask("setups")).setups;
      await this.ask();
      for (const { id } of this.setups) { // the list's numbers, one after another, so that a click need not wait
        if (this.ended) return;
        if (!this.accuracies.has(id)) this.accuracies.set(id, (await this.core.ask("accuracy", { setup: id })).accuracy);
        this.paint();
      }
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
    }
  }

  /** Ask for the run that the state names, and for what is drawn of it. */
  async ask() {
    const number = ++this.asked;
    const { setup, applied, why } = this.state();
    this.error = "";
    const late = setTimeout(() => {
      this.waits = true;
      this.paint();
    }, LATE);
    try {
      const run = await this.core.ask("run", { setup, applied });
      const named = run.findings.find((/** @type {Finding} */ { name, why: has }) => has && name === why) ?? run.findings.find((/** @type {Finding} */ { why: has, remedy }) => has && remedy);
      const evidence = named ? await this.core.ask("why", { setup, applied, finding: named.name }) : null;
      if (number !== this.asked) return;
      this.run = run;
      this.evidence = evidence;
      if (!applied.length) this.accuracies.set(setup, run.now.accuracy);
    } catch (error) {
      if (number === this.asked) this.error = /** @type {Error} */ (error).message;
    } finally {
      clearTimeout(late);
      if (number === this.asked) this.waits = false;
      this.paint();
    }
  }

  /** @returns {{ setup: string, applied: string[], why: string }} */
  state() {
    return { setup: this.model.get("setup"), applied: this.model.get("applied"), why: this.model.get("why") };
  }

  /** @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
    this.ask();
  }

  /** @param {string} setup */
  choose(setup) {
    this.all = false;
    this.set({ setup, applied: [], why: "" });
  }

  /** Carry out the remedy of a finding. @param {string} finding */
  apply(finding) {
    this.set({ applied: [...this.state().applied, finding], why: "" });
  }

  applyFirst() {
    const first = this.run?.findings.find(({ remedy }) => remedy);
    if (first) this.apply(first.name);
  }

  undo() {
    const { applied } = this.state();
    if (applied.length) this.set({ applied: applied.slice(0, -1), why: "" });
  }

  view() {
    return html`${head(this.model, "Why does it not learn?", "Choose a training that goes wrong. The doctor says why.")}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${this.setups.length ? html`<section class="ward"><div>${this.list()}</div><div class=${this.waits ? "stale" : ""}>${this.run ? this.chart() : nothing}</div>
        <div class=${this.waits ? "stale" : ""} aria-live="polite">${this.run ? this.findings() : nothing}</div></section>` : nothing}
      ${this.waits ? html`<p class="quietly" role="status">It trains.</p>` : nothing}`;
  }

  list() {
    const chosen = this.model.get("setup");
    return html`<div class="lab"><h3>Twelve trainings</h3><span class="cap dim">right</span></div>
      <div class="setups" role="listbox" aria-label="Trainings that go wrong" @keydown=${this.press}>${this.setups.map(({ id, name }) => {
        const accuracy = this.accuracies.get(id);
        return html`<button role="option" aria-selected=${id === chosen} tabindex=${id === chosen ? 0 : -1} data-setup=${id} @click=${() => this.choose(id)}>
          <span>${name}</span>${accuracy === undefined ? html`<span class="dim">–</span>` : html`<span data-value=${accuracy}>${percent(accuracy, 1000)}</span>`}</button>`;
      })}</div>
      <p class="cap dim note">Each is a network of 30 hidden neurons, trained on 8,000 digits unless it says else. Right: of 1,000 others.</p>`;
  }

  press = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.setups.findIndex(({ id }) => id === this.model.get("setup"));
    const next = this.setups[Math.max(0, Math.min(this.setups.length - 1, at + step))].id;
    this.choose(next);
    /** @type {HTMLElement | null} */ (this.el.querySelector(`[data-setup="${next}"]`))?.focus();
  };

  chart() {
    const { setup, now, before, n, seconds, python } = /** @type {Run} */ (this.run);
    const points = (/** @type {number[]} */ values) => values.map((value, at) => /** @type {[number, number]} */ ([at + 1, value]));
    const series = [
      { name: "training", kind: "training", points: points(now.training) },
      ...(before ? [{ name: "before", kind: "other", points: points(before.evaluation) }] : []),
      { name: before ? "after" : "others", kind: "ours", points: points(now.evaluation) },
    ];
    const most = Math.max(now.epochs, before?.epochs ?? 0);
    const x = { least: 0, most, text: (/** @type {number} */ epoch) => (epoch === most ? `${epoch} epochs` : String(epoch)) };
    const y = { least: 0, most: 1, text: (/** @type {number} */ share) => `${Math.round(100 * share)} %` };
    return html`<div class="lab" data-shown=${setup}><h3>Accuracy on ${counted(n)} other digits</h3><span class="cap">${this.values()}</span></div>
      <nn-curve .series=${series} .x=${x} .y=${y} aria-label=${`Accuracy over the epochs; it ends at ${percent(now.accuracy, n)}`} @look=${(/** @type {CustomEvent} */ event) => { this.look = event.detail; this.paint(); }}></nn-curve>
      <p class="cap ends">It ends at <b data-accuracy data-value=${now.accuracy}>${percent(now.accuracy, n)}</b>${before ? html`; before, at <b data-before data-value=${before.accuracy}>${percent(before.accuracy, n)}</b>` : nothing}.
        <span class="dim"><span data-value=${seconds}>${fixed(seconds, 2)}</span> s of training</span></p>
      ${this.evidence ? drawn(this.evidence) : nothing}
      ${same(python)}`;
  }

  values() {
    const { x, values } = this.look;
    if (x === null) return "";
    return `after epoch ${x}: ${values.map(({ name, value }) => `${name} ${percent(value, 1000)}`).join(", ")}`;
  }

  findings() {
    const { findings, applied, healthy } = /** @type {Run} */ (this.run);
    const main = findings.find(({ remedy }) => remedy)?.name;
    const some = this.all ? findings : findings.slice(0, MOST_CARDS);
    const rest = findings.length - some.length;
    const done = applied[applied.length - 1];
    return html`<div class="lab"><h3>The doctor</h3><span class="cap dim">${healthy ? "" : findings.length === 1 ? "one finding" : `${findings.length} findings`}</span></div>
      ${done ? card({ severity: "applied", name: done.text, sentence: `Against “${done.finding}”. A new network was trained; the old curve stays, dashed.` }, { undo: () => this.undo() }) : nothing}
      ${healthy ? html`<p class="healthy" data-healthy>Nothing wrong was found.</p>` : nothing}
      ${some.map((finding) => card({ ...finding, remedy: finding.remedy ?? undefined }, {
        advice: finding.remedy ? undefined : finding.advice,
        main: finding.name === main,
        apply: finding.remedy ? () => this.apply(finding.name) : undefined,
        why: finding.why ? () => this.set({ why: finding.name }) : undefined,
        shown: this.evidence?.finding === finding.name,
      }))}
      ${rest > 0 ? html`<button class="btn quiet more" @click=${() => { this.all = true; this.paint(); }}>${rest} more</button>` : nothing}`;
  }
}
