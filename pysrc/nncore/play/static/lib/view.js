/** What screens have in common: a `View` has a state and a core, and is drawn by its method `view`. */

import { html, nothing, render as show } from "../vendor/lit-html.js";
import { Core, nextFrame } from "./core.js";

const PATIENCE = 300; // milliseconds until a screen says that the core is at work
const CALM = 500; // milliseconds between two states with prefers-reduced-motion

/** @typedef {import("./model.js").Model} Model */

export class View {
  /** @param {Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    this.error = "";
    this.waits = false; // whether the core has been at work for a while
    this.ended = false;
    this.paint = nextFrame(() => {
      if (!this.ended) show(this.view(), el);
    });
  }

  /** Each screen says what it shows. @returns {unknown} */
  view() {
    return nothing;
  }

  end() {
    this.ended = true;
    this.core.end();
  }

  /** Set parts of the state, and keep them. @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
    this.paint();
  }

  /** Ask the core; what it refuses is shown. @param {() => Promise<void>} work */
  async orRefusal(work) {
    try {
      await work();
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
    }
  }

  /** The same, with what may take the core a while. @param {() => Promise<void>} work */
  async patiently(work) {
    const timer = setTimeout(() => {
      this.waits = true;
      this.paint();
    }, PATIENCE);
    await this.orRefusal(work);
    clearTimeout(timer);
    this.waits = false;
    this.paint();
  }

  /** What the core has refused. */
  refusal() {
    return this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing;
  }
}

/**
 * A LiveView shows states that the core pushes while something trains.
 * @template {{ serial: number, running: boolean }} State
 */
export class LiveView extends View {
  /** @param {Model} model @param {HTMLElement} el */
  constructor(model, el) {
    super(model, el);
    /** @type {State | null} */
    this.state = null;
    /** @type {number | null} The epochs at the crosshair. */
    this.look = null;
    this.shownAt = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.core.on("frame", (/** @type {State} */ state) => this.take(state));
  }

  /** Take a state, unless a newer one is shown. @param {State} state */
  take(state) {
    if (this.ended || (this.state && state.serial <= this.state.serial)) return;
    this.state = state;
    if (this.calm.matches && state.running && performance.now() < this.shownAt + CALM) return;
    this.shownAt = performance.now();
    this.paint();
  }
}
