/** My handwriting: a photo is taken apart into digits; they are read, corrected, and learned. */

import { Core, nextFrame } from "../lib/core.js";
import { choose, save } from "../lib/files.js";
import { onKeys } from "../lib/keys.js";
import { counted, fixed } from "../lib/numbers.js";
import "../lib/pictures.js";
import { tip } from "../lib/tooltip.js";
import { ranked } from "../parts/answer.js";
import { head } from "../parts/head.js";
import { same } from "../parts/same.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { greyOf, pictureIn } from "./handwriting/photo.js";
import { bars, whatWasLearned } from "./handwriting/results.js";
import { steps } from "./handwriting/steps.js";

const [UNSAID, NO_DIGIT] = [-1, -2];
const COLUMNS = 6; // digits in a row
const LATE = 300; // milliseconds after which a wait is told

/**
 * @typedef {{ answers: Int8Array | null, right_unseen: number | null, right_seen: number, test: number, seconds: number,
 *   trainings: number, open: boolean }} Lesson
 * @typedef {{ labels: Int8Array, outputs: Float32Array, answers: Uint8Array, known: number, right: number, read_before: number,
 *   test: number, n_test: number, enough: number, lesson: Lesson | null, forgets: boolean, title: string, python: string }} Results
 * @typedef {Uint8Array & { shape: number[] }} Bytes
 * @typedef {{ name: string, is_dark: boolean, steps: { grey: Bytes, ink: Bytes | null, threshold: Bytes | null }, boxes: Float32Array,
 *   images: Uint8Array, small: Uint8Array, centres: Float32Array } & Results} Sheet
 */

/** Do something when the next frame has been painted. @param {() => void} act */
const afterPainting = (act) => requestAnimationFrame(() => requestAnimationFrame(act));

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "handwriting",
  title: "My handwriting",
  chapter: "Chapter 1",
  defaults: { order: "", chosen: -1 },
  render({ model, el }) {
    const screen = new Handwriting(model, el);
    return () => screen.end();
  },
};

class Handwriting {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    /** @type {Sheet | null} */
    this.sheet = null;
    /** @type {number[]} */
    this.order = [];
    /** @type {Int8Array[]} */
    this.before = []; // labels, for Undo
    /** @type {Int8Array} */
    this.newest = new Int8Array(); // the labels that were set last
    /** @type {Map<number, Float32Array>} */
    this.pixels = new Map();
    this.error = "";
    this.waits = "";
    /** @type {{ done: number, of: number } | null} */
    this.progress = null;
    this.isOver = false; // whether something is dragged over the screen
    this.paint = nextFrame(() => show(this.view(), el));
    this.endKeys = onKeys(el, {
      "0-9": (event) => this.label(Number(event.key)),
      x: () => this.label(NO_DIGIT),
      "Ctrl+z": () => this.undo(),
    });
    this.core.on("progress", (progress) => {
      this.progress = progress;
      this.paint();
    });
    this.pasted = (/** @type {ClipboardEvent} */ event) => this.takeFrom(event, event.clipboardData);
    document.addEventListener("paste", this.pasted);
    el.addEventListener("dragover", this);
    el.addEventListener("dragleave", this);
    el.addEventListener("drop", this);
    this.ask("shown", {}, "Looking for digits.").then(() => this.sort());
  }

  end() {
    this.endKeys();
    this.core.end();
    document.removeEventListener("paste", this.pasted);
  }

  /** @param {DragEvent} event */
  handleEvent(event) {
    event.preventDefault();
    const over = event.type === "dragover";
    if (event.type === "drop") this.takeFrom(event, event.dataTransfer);
    if (over !== this.isOver) this.paint();
    this.isOver = over;
  }

  /** Ask the core, and show what it answers; say what it refuses. @param {string} name @param {Record<string, unknown>} given
   * @param {string} words What is told if it takes long. */
  async ask(name, given, words) {
    this.error = "";
    this.progress = null;
    const late = setTimeout(() => {
      this.waits = words;
      this.paint();
    }, LATE);
    try {
      const answer = await this.core.ask(name, given);
      this.sheet = this.sheet && !answer.images ? { ...this.sheet, ...answer } : answer;
      this.model.host?.opened?.(answer.title);
      return true;
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      return false;
    } finally {
      clearTimeout(late);
      this.waits = "";
      this.paint();
    }
  }

  /** @param {Event} event @param {DataTransfer | null} given */
  takeFrom(event, given) {
    const file = pictureIn(given);
    if (!file) return;
    event.preventDefault();
    this.read(file);
  }

  /** Read a picture that the reader gave. @param {File} file */
  async read(file) {
    try {
      const picture = await greyOf(file, file.name);
      if (!(await this.ask("read", { picture, name: file.name }, "Looking for digits."))) return;
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
      return;
    }
    this.before = [];
    this.pixels.clear();
    this.set({ order: "", chosen: -1 });
    this.sort();
  }

  /** @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
    this.paint();
  }

  /** Return what is said of a digit: the answer of a network that has not seen it, if there is one. @param {number} k */
  answer(k) {
    const { answers, lesson } = /** @type {Sheet} */ (this.sheet);
    const unseen = lesson?.answers?.[k] ?? UNSAID;
    return unseen >= 0 ? unseen : answers[k];
  }

  /** Return the order in which the digits are shown: "wrong" first, or as they are "written". */
  orderName() {
    return this.model.get("order") || (this.sheet?.name ? "written" : "wrong");
  }

  /** Put the digits in order. While labels are corrected they keep their places. */
  sort() {
    if (!this.sheet) return;
    const { labels } = this.sheet;
    const written = Array.from(labels, (_, k) => k);
    const rank = (/** @type {number} */ k) => (labels[k] >= 0 && labels[k] !== this.answer(k) ? 0 : labels[k] === NO_DIGIT ? 2 : 1);
    this.order = this.orderName() === "wrong" ? written.sort((one, other) => rank(one) - rank(other) || one - other) : written;
    this.paint();
  }

  chosen() {
    const chosen = this.model.get("chosen");
    return this.order.includes(chosen) ? chosen : this.order[0] ?? 0;
  }

  /** Choose the digit that stands so many places further, and put the focus there if it is in the list. @param {number} places */
  step(places) {
    const at = this.order.indexOf(this.chosen());
    const next = this.order[Math.max(0, Math.min(this.order.length - 1, at + places))];
    const focused = this.el.querySelector(".digits")?.contains(document.activeElement);
    this.set({ chosen: next });
    afterPainting(() => {
      const cell = /** @type {HTMLElement | null} */ (this.el.querySelector(`[data-digit="${next}"]`));
      if (focused) cell?.focus({ preventScroll: true });
      cell?.scrollIntoView({ block: "nearest" });
    });
  }

  /** Correct the label of the chosen digit, and go to the next at once: who types fast does not wait for the core.
   * @param {number} label */
  label(label) {
    if (!this.sheet) return;
    const labels = this.sheet.labels.slice();
    labels[this.chosen()] = label;
    const isOpen = this.sheet.lesson?.open;
    this.setLabels(labels);
    if (!isOpen) this.step(1);
  }

  /** Set the labels, and let the core count anew. @param {Int8Array} labels @param {boolean} [again] Whether it is an undo. */
  async setLabels(labels, again = false) {
    const old = this.sheet;
    if (!old) return;
    if (!old.lesson?.open) this.sheet = { ...old, labels, lesson: null };
    this.newest = labels;
    if (!again) this.before.push(old.labels);
    this.paint();
    const taken = await this.ask("label", { labels }, "");
    if (taken && this.sheet) this.sheet = { ...this.sheet, labels: this.newest }; // more may have been typed since
    else if (this.newest === labels) this.sheet = old;
    if (!taken && !again) this.before.pop();
  }

  async undo() {
    const labels = this.before.pop();
    if (labels) await this.setLabels(labels, true);
  }

  /** Say that the answers to all digits without a label are right. */
  confirm() {
    if (!this.sheet) return;
    const { labels, answers } = this.sheet;
    this.setLabels(labels.map((label, k) => (label === UNSAID ? answers[k] : label)));
  }

  /** @param {string} what */
  async act(what) {
    const words = what === "learn" ? `Learning ${/** @type {Sheet} */ (this.sheet).known} digits.` : "";
    if (await this.ask(what, {}, words)) this.sort();
  }

  async saveHtml() {
    try {
      const { name, page } = await this.core.ask("html");
      save(page, name, "text/html");
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      this.paint();
    }
  }

  /** Let the reader choose a file, or take a photo. @param {boolean} camera */
  choose(camera) {
    choose("image/*", (file) => this.read(file), camera ? "environment" : undefined);
  }

  view() {
    const tools = /** @type {[string, () => void][]} */ ([]);
    if (this.sheet && this.model.host?.kind === "page") tools.push(["Save as HTML", () => this.saveHtml()]);
    return html`${head(this.model, "My handwriting", "Photograph digits that you wrote. The network reads them, and learns them.", tools)}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${this.sheet ? html`<section class="taken ${this.isOver ? "over" : ""}">${this.picture()}</section>
        <section class="learns"><div>${this.digits()}</div><div>${this.results()}</div></section>`
        : this.error ? this.empty() : this.waits ? this.waiting() : nothing}`;
  }

  empty() {
    return html`<div class="empty"><span>No photo yet. Drop a picture of your digits here.</span>${this.buttons()}</div>`;
  }

  buttons() {
    return html`<span class="row"><button class="btn" @click=${() => this.choose(false)}>Choose a picture…</button>
      <button class="btn camera" @click=${() => this.choose(true)}>Take a photo</button></span>`;
  }

  picture() {
    const sheet = /** @type {Sheet} */ (this.sheet);
    const n = sheet.labels.length;
    const ink = `${counted(n)} ${n === 1 ? "digit" : "digits"}, ${sheet.is_dark ? "dark ink on light paper" : "light ink on dark paper"}`;
    return html`<div class="lab"><h3>${sheet.name || "A sheet that the core made"}</h3>
        <span class="row"><span class="cap" data-found=${n}>${ink}</span>${this.buttons()}</span></div>
      ${steps(sheet, this.chosen())}`;
  }

  digits() {
    const sheet = /** @type {Sheet} */ (this.sheet);
    const chosen = this.chosen();
    const order = this.orderName();
    const tab = (/** @type {string} */ name, /** @type {string} */ words) => html`<button role="tab" aria-selected=${order === name}
      @click=${() => { this.set({ order: name }); this.sort(); }}>${words}</button>`;
    const said = sheet.labels[chosen];
    return html`<div class="lab"><div class="tabs" role="tablist" aria-label="Order of the digits">${tab("wrong", "Wrong first")}${tab("written", "As written")}</div>
        <span class="cap" aria-live="polite" data-said>${this.sentence(chosen)}</span></div>
      <div class="digits" role="group" aria-label="The digits that were found" @keydown=${this.press}>${this.order.map((k) => this.digit(k, k === chosen))}</div>
      <div class="label"><span class="cap">It is a</span><span class="tens">${Array.from({ length: 10 }, (_, digit) => html`<button class="btn" aria-pressed=${said === digit}
        @click=${() => this.label(digit)}>${digit}</button>`)}</span><button class="btn no" aria-pressed=${said === NO_DIGIT} @click=${() => this.label(NO_DIGIT)}>no digit</button></div>`;
  }

  /** @param {number} k */
  sentence(k) {
    const { labels, outputs, lesson } = /** @type {Sheet} */ (this.sheet);
    const answer = this.answer(k);
    if (lesson?.answers && lesson.answers[k] >= 0) return `It answers ${answer}, not having seen it.`;
    const own = outputs.subarray(10 * k, 10 * k + 10);
    const next = ranked(own)[1];
    const right = labels[k] === UNSAID || labels[k] === NO_DIGIT ? "" : labels[k] === answer ? ", rightly" : `, not ${labels[k]}`;
    return `It answers ${answer}${right}: ${fixed(own[answer])}. Next is ${next}, ${fixed(own[next])}.`;
  }

  /** @param {number} k @param {boolean} isChosen */
  digit(k, isChosen) {
    const sheet = /** @type {Sheet} */ (this.sheet);
    const label = sheet.labels[k];
    const answer = this.answer(k);
    const wrong = label >= 0 && label !== answer;
    const words = label === UNSAID ? `${answer}?` : label === NO_DIGIT ? "off" : wrong ? html`<b>${label}</b>, says ${answer}` : `${label}`;
    const { show: over, hide } = tip(() => this.sentence(k));
    return html`<button class="cell ${isChosen ? "on" : ""} ${wrong ? "wrong" : ""} ${label === NO_DIGIT ? "off" : ""}" tabindex=${isChosen ? 0 : -1} data-digit=${k}
      data-label=${label} data-answer=${answer} aria-pressed=${isChosen} @click=${() => this.set({ chosen: k })} @pointermove=${over} @pointerleave=${hide}
      aria-label=${`Digit ${k + 1}: it answers ${answer}${label >= 0 ? `, its label is ${label}` : ""}`}>
      <nn-picture .values=${this.pixelsOf(k)}></nn-picture><span class="under">${words}</span></button>`;
  }

  /** @param {number} k */
  pixelsOf(k) {
    const known = this.pixels.get(k) ?? Float32Array.from(/** @type {Sheet} */ (this.sheet).images.subarray(784 * k, 784 * k + 784), (byte) => byte / 255);
    this.pixels.set(k, known);
    return known;
  }

  press = (/** @type {KeyboardEvent} */ event) => {
    const places = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key];
    if (!places) return;
    event.preventDefault();
    this.step(places);
  };

  results() {
    const sheet = /** @type {Sheet} */ (this.sheet);
    const { labels, lesson, known, n_test: n } = sheet;
    const unsaid = labels.filter((label) => label === UNSAID).length;
    const hand = lesson ? "digits of this hand that it has not seen" : sheet.name ? "your digits" : "the digits of this sheet";
    return html`<div class="lab"><h3>Accuracy on ${hand}</h3><span class="cap dim">${known} with a label</span></div>
      ${bars("hand", known ? sheet.right / known : null, lesson && lesson.right_unseen !== null && known ? lesson.right_unseen / known : null, known, [sheet.right, lesson?.right_unseen ?? null])}
      <div class="lab second"><h3>Accuracy on the ${counted(n)} test digits</h3></div>
      ${bars("test", sheet.test, lesson ? lesson.test : null, n, [Math.round(sheet.test * n), lesson ? Math.round(lesson.test * n) : null])}
      <div class="learned" aria-live="polite">${this.waits ? this.waiting() : whatWasLearned(sheet, unsaid)}</div>
      <div class="row acts">
        ${lesson ? nothing : html`<button class="btn main" ?disabled=${!known || Boolean(this.waits)} @click=${() => this.act("learn")}>Learn these too</button>`}
        ${unsaid && !lesson ? html`<button class="btn" @click=${() => this.confirm()}>${unsaid === 1 && labels.length === 1 ? "It is right" : unsaid === labels.length ? "All are right" : unsaid === 1 ? "The other one is right" : `The other ${unsaid} are right`}</button>` : nothing}
        ${lesson && !lesson.open ? html`<button class="btn main" @click=${() => this.act("use")}>Use it everywhere</button>` : nothing}
        ${sheet.forgets ? html`<button class="btn" @click=${() => this.act("forget")}>Forget</button>` : nothing}
        ${lesson ? html`<span class="cap end"><b class="num" data-value=${lesson.seconds}>${fixed(lesson.seconds, 2)}</b> s for ${lesson.trainings === 1 ? "one training" : `${lesson.trainings} trainings`}</span>` : nothing}
      </div>
      ${same(sheet.python)}`;
  }

  waiting() {
    const { done, of } = this.progress ?? { done: 0, of: 1 };
    return html`<p class="cap" role="status"><b>${this.waits}</b> ${this.progress ? `${done} of ${of} trainings.` : ""}</p>
      <div class="load"><i .style=${`width:${(100 * done) / of}%`}></i></div>`;
  }
}
