/** What opens below a row of The book, run: the curve, all numbers, the listing, and what starts and pauses it. */

import { fixed, percent, typed } from "../../lib/numbers.js";
import { controls } from "../../parts/controls.js";
import "../../parts/curve.js";
import { same } from "../../parts/same.js";
import { html, nothing } from "../../vendor/lit-html.js";

/**
 * @typedef {import("../book.js").Compared} Compared
 * @typedef {import("../book.js").Progress} Progress
 * @typedef {import("../../parts/curve.js").Series} Series
 * @typedef {{ what: string, is_accuracy: boolean, epochs: number, seeds: { seed: number, done: boolean, points: [number, number][] }[], mean: [number, number][],
 *   book: { name: string, whole: boolean, points: [number, number][] }[] }} Measured
 * @typedef {{ id: string, section: string, published: string, notes: string[], numbers: (Compared & { runs: number })[], parts: string[], part: string, describe: string, code: string,
 *   curve: Measured | null, running: string, pausing: boolean, progress: Progress, failed: string[] }} Opened
 * @typedef {{ row: import("../book.js").Row, table: import("../book.js").Table, time: string, progress: Progress, asks: boolean, pausing: boolean, look: number | null,
 *   lookAt: (x: number | null) => void, choose: (part: string) => void, start: () => void, pause: () => void }} Around
 */

const FEW = 5; // circles between which there is room

/** @param {Opened} opened @param {Around} around */
export function below(opened, around) {
  return html`<div class="opened" data-opened=${opened.id}>
    <div class="seen">${run(opened, around)}${opened.curve ? chart(opened.curve, around) : html`<p class="cap">${opened.describe}.</p>`}</div>
    <div class="told">${parts(opened, around)}${numbers(opened)}${same(opened.code)}
      <p class="cap dim">The book, chapter ${around.row.chapter}, ${opened.section}: ${opened.published}.${opened.notes.map((note) => html` Note: ${note}.`)}</p></div></div>`;
}

/** The button, and how far it is. @param {Opened} opened @param {Around} around */
function run(opened, { row, table, time, progress, asks, pausing, start, pause }) {
  const mine = table.running === opened.id;
  const missing = row.needs_mnist && !table.has_mnist;
  const left = row.of - row.runs;
  const state = mine ? "running" : left <= 0 ? "done" : row.runs || progress.length || opened.curve?.seeds.some(({ done }) => !done) ? "paused" : "new";
  const said = missing ? table.needs_mnist
    : mine && pausing ? "It stops." : mine ? progress.map(({ part, seed, epochs, of }) => `${row.of > 1 ? `${part}, seed ${seed}: ` : ""}${of === null ? "it runs" : `epoch ${epochs} of ${of}`}`).join("; ") || "It begins."
      : table.running ? `${table.running} is running; pause it first.`
        : left <= 0 ? "Every run is done." : `${left} of ${row.of} runs to do${time ? `; all take ${time} on one core` : ""}.`;
  return html`<div class="row go-row">${left <= 0 && !mine ? nothing : html`<span class=${missing || asks || (table.running && !mine) ? "off" : ""}>${controls({ state, start: missing || asks || (table.running && !mine) ? () => {} : mine ? pause : start })}</span>`}
      <span class="cap" data-said aria-live="polite">${said}</span></div>
    ${opened.failed.length ? html`<div class="said bad" role="alert"><span>${opened.failed.map((each) => html`<b>${each}</b> `)}</span></div>` : nothing}`;
}

/** @param {Measured} curve @param {Around} around */
function chart(curve, { look, lookAt }) {
  /** @type {Series[]} */
  const ours = curve.seeds.filter(({ points }) => points.length).map(({ points }) => ({ name: "", kind: "training", points }));
  if (curve.mean.length) ours.push({ name: "ours", kind: "ours", points: curve.mean });
  else if (ours.length) ours[ours.length - 1].name = "ours";
  /** @type {Series[]} */
  const book = curve.book.map(({ name, whole, points }) => ({
    name, kind: whole ? "law" : "book", points: whole || points.length < 3 * FEW ? points : points.filter((_, at) => at % FEW === 0 || at === points.length - 1),
  }));
  const all = [...book, ...ours].flatMap(({ points }) => points.map(([, y]) => y));
  const x = { least: 0, most: curve.epochs, text: (/** @type {number} */ epoch) => (epoch === curve.epochs ? `${epoch} epochs` : String(epoch)) };
  const at = look === null ? [] : [...book, ...ours].filter(({ name }) => name).flatMap(({ name, points }) => points.filter(([epoch]) => epoch === look).map(([, y]) => ({ name, y })));
  const text = (/** @type {number} */ y) => (curve.is_accuracy ? percent(y) : fixed(y, 4));
  return html`<div class="lab"><h3>${capital(curve.what)}</h3><span class="cap">${at.map(({ name, y }, k) => html`${k ? ", " : `after epoch ${look}: `}${name} <span data-value=${y} title=${y}>${text(y)}</span>`)}</span></div>
    <nn-curve .series=${[...book, ...ours]} .x=${x} .y=${axis(all, curve.is_accuracy)} aria-label=${`${curve.what} by epoch; arrow keys move the crosshair`}
      @look=${(/** @type {CustomEvent} */ { detail }) => lookAt(detail.x)}></nn-curve>
    <p class="cap">${!ours.length ? "Ours: not run yet." : html`Ours: ${curve.mean.length ? "the mean, and " : ""}${curve.seeds.length > 1 ? "each of " : ""}<span
      data-seeds data-value=${curve.seeds.length}>${curve.seeds.length}</span> seed${curve.seeds.length > 1 ? "s as a thin line" : ", a thin line"}.`}</p>`;
}

/** Return the axis of what is measured; it begins where the numbers are. @param {number[]} values @param {boolean} isAccuracy */
function axis(values, isAccuracy) {
  if (!isAccuracy) {
    const most = Math.max(0.05, ...values);
    return { least: 0, most: 0.1 * 2 ** Math.ceil(Math.log2(most / 0.1)), text: (/** @type {number} */ y) => typed(y) };
  }
  const sorted = [...values].sort((one, other) => one - other);
  const low = sorted[Math.floor(sorted.length / 10)] ?? 0;
  const least = [0.95, 0.9, 0.8, 0.6].find((each) => each < low - 0.001) ?? 0;
  const most = sorted.length && sorted[sorted.length - 1] < 0.45 ? 0.5 : 1;
  return { least, most, text: (/** @type {number} */ y) => `${Number((100 * y).toFixed(1))} %` };
}

/** @param {Opened} opened @param {Around} around */
function parts({ parts: all, part }, { choose }) {
  if (all.length < 2) return nothing;
  return html`<div class="tabs" role="tablist" aria-label="Part">${all.map((each) => html`<button role="tab" aria-selected=${each === part} data-part=${each} @click=${() => choose(each)}>${each}</button>`)}</div>`;
}

/** @param {Opened} opened */
function numbers({ numbers: all }) {
  return html`<table class="all"><thead><tr><th></th><th scope="col">the book’s</th><th scope="col">ours</th><th scope="col"></th></tr></thead>
    <tbody>${all.map(({ what, book, book_text: theirs, ours, ours_text: mine, verdict }) => html`<tr data-number=${what}><th scope="row">${what}</th>
      <td data-value=${book ?? ""} title=${book ?? ""}>${theirs || "–"}</td><td class="ours" data-value=${ours ?? ""} title=${ours ?? ""}>${mine || "–"}</td><td class="v">${verdict === "not run" ? "not run yet" : verdict}</td></tr>`)}</tbody></table>`;
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
