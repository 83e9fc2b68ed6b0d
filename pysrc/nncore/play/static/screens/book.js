/** The book, run: every experiment of the book beside ours, and what runs them here. */

import { Core, latest, nextFrame } from "../lib/core.js";
import { onKeys } from "../lib/keys.js";
import { counted, fixed } from "../lib/numbers.js";
import { head } from "../parts/head.js";
import { html, nothing, render as show } from "../vendor/lit-html.js";
import { below } from "./book/below.js";

/**
 * @typedef {{ what: string, part: string, form: "percent" | "number" | "yes", book: number | null, book_text: string, ours: number | null, ours_text: string,
 *   difference: number | null, difference_text: string, verdict: string }} Compared
 * @typedef {Compared & { id: string, chapter: number, title: string, numbers: number, runs: number, of: number, seconds: number | null, word: string, needs_mnist: boolean }} Row
 * @typedef {{ rows: Row[], folder: string, has_mnist: boolean, needs_mnist: string, running: string }} Table
 * @typedef {{ part: string, seed: number, epochs: number, of: number | null }[]} Progress
 * @typedef {{ id: string, row: Row, running: string, pausing: boolean, progress: Progress, failed: string[] }} Frame
 * @typedef {import("./book/below.js").Opened} Opened
 */

const CHAPTERS = [0, 1, 2, 3, 4, 5, 6]; // 0: all

/** @type {import("../lib/model.js").Screen} */
export default {
  name: "book",
  title: "The book, run",
  chapter: "The whole book",
  defaults: { chapter: 0, open: "3.6", part: "" },
  render({ model, el }) {
    const screen = new Book(model, el);
    return () => screen.end();
  },
};

class Book {
  /** @param {import("../lib/model.js").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.core = new Core(model);
    /** @type {Table | null} */
    this.table = null;
    /** @type {Opened | null} */
    this.opened = null;
    /** @type {Map<string, string>} How long experiments take, in words. */
    this.times = new Map();
    /** @type {Progress} */
    this.progress = [];
    this.error = "";
    /** @type {number | null} The epochs at the crosshair. */
    this.look = null;
    this.pausing = false;
    this.asks = false; // whether it was asked to start or to pause, and is not yet answered
    this.seen = ""; // the row that was brought into view
    this.ended = false;
    this.paint = nextFrame(() => this.draw());
    this.core.on("frame", (frame) => this.take(frame));
    this.refresh = latest(() => this.ask());
    this.endKeys = onKeys(el, { " ": () => this.startOrPause(), ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1), Escape: () => this.open("") });
    this.begin();
  }

  end() {
    this.ended = true;
    this.endKeys();
    this.core.end();
  }

  async begin() {
    try {
      this.table = await this.core.ask("table");
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
    this.refresh();
  }

  /** Ask for what stands below the open row. */
  async ask() {
    const id = this.model.get("open");
    if (this.ended || !this.table?.rows.some((row) => row.id === id)) {
      this.opened = null;
      this.paint();
      return;
    }
    try {
      /** @type {Opened} */
      const opened = await this.core.ask("open", { id, part: this.model.get("part") });
      if (this.model.get("open") !== id) return;
      this.opened = opened;
      this.progress = opened.progress;
      this.pausing = opened.pausing;
      this.table.running = opened.running;
      this.paint();
      if (!this.times.has(id)) this.times.set(id, (await this.core.ask("time", { id })).time);
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.paint();
  }

  /** Take what the core tells of an experiment. @param {Frame} frame */
  take(frame) {
    if (!this.table || this.ended) return;
    this.table.running = frame.running;
    if (frame.row) this.table.rows = this.table.rows.map((row) => (row.id === frame.id ? frame.row : row));
    this.progress = frame.progress ?? [];
    this.pausing = Boolean(frame.pausing);
    if (this.model.get("open") === frame.id) this.refresh();
    this.paint();
  }

  /** @param {string} id */
  open(id) {
    this.look = null;
    this.error = "";
    this.set({ open: id, part: "" });
  }

  /** @param {Record<string, unknown>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) this.model.set(name, value);
    this.model.save_changes();
    if (this.opened && this.opened.id !== this.model.get("open")) this.opened = null;
    this.paint();
    this.refresh();
  }

  rows() {
    const chapter = this.model.get("chapter");
    return (this.table?.rows ?? []).filter((row) => !chapter || row.chapter === chapter);
  }

  /** Open the row before or after the open one. @param {number} by */
  step(by) {
    const rows = this.rows();
    const at = rows.findIndex(({ id }) => id === this.model.get("open"));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next && next.id !== this.model.get("open")) this.open(next.id);
  }

  startOrPause() {
    const { table } = this;
    const id = this.model.get("open");
    if (!table || this.asks || this.pausing) return;
    if (table.running) this.act("pause", {});
    else if (id && this.opened) this.act("start", { id });
  }

  /** @param {string} name @param {Record<string, unknown>} given */
  async act(name, given) {
    this.asks = true;
    this.error = "";
    this.paint();
    try {
      this.take(await this.core.ask(name, given));
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.asks = false;
    this.paint();
  }

  draw() {
    if (this.ended) return;
    show(this.view(), this.el);
    const open = this.model.get("open");
    const row = this.el.querySelector("tr.open");
    if (row && this.opened && this.seen !== open) { // a link opens a row far below
      this.seen = open;
      const list = /** @type {HTMLElement} */ (this.el.querySelector(".list"));
      const top = /** @type {HTMLElement} */ (row).offsetTop - 32;
      if (top < list.scrollTop || top > list.scrollTop + list.clientHeight / 3) list.scrollTop = top;
    }
  }

  view() {
    return html`${head(this.model, "The book, run", "Open an experiment. Start runs it here.")}
      ${this.error ? html`<div class="said bad" role="alert"><b>${this.error}</b></div>` : nothing}
      ${this.table ? html`${this.filter(this.table)}${this.list(this.table)}` : nothing}`;
  }

  /** @param {Table} table */
  filter(table) {
    const chapter = this.model.get("chapter");
    const done = table.rows.filter(({ word }) => word === "reproduced").length;
    const differ = table.rows.filter(({ word }) => word === "differs").length;
    return html`<div class="bar-of"><div class="tabs" role="tablist" aria-label="Chapter">${CHAPTERS.map((each) => html`<button role="tab" aria-selected=${each === chapter} data-chapter=${each}
        @click=${() => this.set({ chapter: each })}>${each ? `Chapter ${each}` : "All"}</button>`)}</div>
      <span class="cap" data-summary aria-live="polite"><b data-value=${done}>${done}</b> of <b data-value=${table.rows.length}>${table.rows.length}</b> reproduced here, <b data-value=${differ}>${differ}</b> differ.
        ${table.running ? html`<b>${table.running} is running.</b>` : nothing}</span></div>`;
  }

  /** @param {Table} table */
  list(table) {
    return html`<div class="list"><table><thead><tr><th scope="col"></th><th scope="col">what</th><th scope="col" class="n">the book’s</th><th scope="col" class="n">ours</th>
        <th scope="col" class="n desk">difference</th><th scope="col" class="r desk">runs</th><th scope="col" class="r desk">seconds</th><th scope="col" class="desk"></th></tr></thead>
      <tbody>${this.rows().map((row) => this.row(table, row))}</tbody></table></div>
      <p class="cap dim folder">The results are those in ${table.folder}, where <code>nncore book run</code> puts them.${table.has_mnist ? nothing : html` <b>${table.needs_mnist}</b>`}</p>`;
  }

  /** @param {Table} table @param {Row} row */
  row(table, row) {
    const open = row.id === this.model.get("open");
    const running = table.running === row.id;
    const word = running ? "running" : row.word;
    return html`<tr class="${open ? "open" : ""} ${row.word === "not run yet" ? "not" : ""}" data-row=${row.id} @click=${() => this.open(open ? "" : row.id)}>
        <td><button aria-expanded=${open} aria-label=${`${row.id}, ${row.title}`} @click=${(/** @type {Event} */ event) => { event.stopPropagation(); this.open(open ? "" : row.id); }}>${row.id}</button></td>
        <td class="what">${row.title} <span class="dim">${row.book_text || row.ours_text ? row.what : ""}</span></td>
        ${number("book", row.book, row.book_text)}${number("ours", row.ours, row.ours_text)}${number("difference desk", row.difference, row.difference_text)}
        <td class="r desk" data-cell="runs" data-value=${row.runs}>${row.runs || ""}</td>
        <td class="r desk" data-cell="seconds" data-value=${row.seconds ?? ""} title=${row.seconds ?? ""}>${row.seconds === null ? "" : row.seconds < 1000 ? fixed(row.seconds, 2) : counted(row.seconds)}</td>
        <td class="word desk" data-cell="word">${word}</td></tr>
      ${open ? html`<tr class="below"><td colspan="8">${this.opened?.id === row.id ? below(this.opened, {
        row, table, time: this.times.get(row.id) ?? "", progress: running ? this.progress : this.opened.progress, asks: this.asks || this.pausing, pausing: this.pausing, look: this.look,
        lookAt: (x) => { this.look = x; this.paint(); },
        choose: (part) => this.set({ part }), start: () => this.act("start", { id: row.id }), pause: () => this.act("pause", {}),
      }) : nothing}</td></tr>` : nothing}`;
  }
}

/** Return the cell of a number, which stands with its decimal point under those of the others. @param {string} name @param {number | null} value @param {string} text */
function number(name, value, text) {
  const [, whole, rest] = /** @type {string[]} */ (/^([^.]*)(.*)$/.exec(text));
  return html`<td class="n ${name}" data-cell=${name.split(" ")[0]} data-value=${value ?? ""} title=${value ?? ""}><span class="whole">${whole}</span><span class="rest">${rest}</span></td>`;
}
