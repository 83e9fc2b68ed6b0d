/** What the doctor measured for a finding, drawn: trial runs over eta, a strip of activations, or bars. */

import { percent, significant, typed } from "../../lib/numbers.js";
import "../../lib/pictures.js";
import { html, nothing } from "../../vendor/lit-html.js";

/**
 * @typedef {{ eta: number, cost: number | null, verdict: string }} Trial
 * @typedef {{ kind: "trials", finding: string, title: string, trials: Trial[], eta: number, threshold: number | null,
 *   constant: number }} Trials The constant is the cost of the best answer that is the same for every image.
 * @typedef {{ kind: "strip", finding: string, title: string, values: Float32Array & { shape: number[] }, rows: string[] }} Strip
 * @typedef {{ kind: "bars", finding: string, title: string, rows: { name: string, value: number }[], log: boolean, most: number,
 *   least: number, percent: boolean }} Bars
 * @typedef {Trials | Strip | Bars} Evidence
 */

/** @param {Evidence} evidence */
export function drawn(evidence) {
  const picture = evidence.kind === "trials" ? trials(evidence) : evidence.kind === "strip" ? strip(evidence) : bars(evidence);
  return html`<div class="lab"><h3>${evidence.title}</h3></div><div class="evidence" data-evidence=${evidence.finding}>${picture}</div>`;
}

/** Trials as marks over eta on a logarithmic axis: filled where the cost fell steadily, open where not. @param {Trials} evidence */
function trials({ trials: all, eta, threshold, constant }) {
  const least = Math.floor(Math.log10(Math.min(eta, ...all.map((trial) => trial.eta))));
  const most = Math.ceil(Math.log10(Math.max(eta, ...all.map((trial) => trial.eta))));
  const left = (/** @type {number} */ value) => (100 * (Math.log10(value) - least)) / (most - least);
  const costs = all.flatMap(({ cost }) => (cost === null ? [] : [cost]));
  const top = Math.max(...costs, constant);
  const bottom = (/** @type {number | null} */ cost) => (cost === null ? 100 : (88 * cost) / top);
  const decades = Array.from({ length: most - least + 1 }, (_, at) => least + at);
  return html`<div class="trials">
    <div class="plot">
      ${decades.map((decade) => html`<i class="decade" .style=${`left:${left(10 ** decade)}%`}></i>`)}
      <i class="constant" .style=${`bottom:${bottom(constant)}%`} data-value=${constant}></i>
      <i class="eta" .style=${`left:${left(eta)}%`}></i>
      <span class="here ${left(eta) > 60 ? "left" : ""}" .style=${`left:${left(eta)}%`}>this run, eta = ${typed(eta)}</span>
      ${all.map((trial) => html`<i class="trial ${trial.verdict === "falls" ? "steady" : ""}" title=${`eta ${trial.eta}: cost ${trial.cost ?? "infinite"}, ${trial.verdict}`}
        .style=${`left:${left(trial.eta)}%;bottom:${bottom(trial.cost)}%`} data-eta=${trial.eta} data-value=${trial.cost ?? "Infinity"}></i>`)}
    </div>
    <div class="axis">${decades.map((decade) => html`<span .style=${`left:${left(10 ** decade)}%`}>${typed(10 ** decade)}</span>`)}</div>
    <p class="cap">Filled: the cost falls steadily${threshold === null ? ", which it does at none" : `, up to eta = ${typed(threshold)}`}. Open: it does not. Dashed: ${significant(constant, 3)}, the cost of one answer for all.</p></div>`;
}

/** @param {Strip} evidence */
function strip({ values, rows }) {
  const [high, wide] = values.shape;
  return html`<div class="strip ${rows.length ? "named" : ""}">${rows.length ? html`<div class="names">${rows.map((name) => html`<span>${name}</span>`)}</div>` : nothing}
      <nn-picture .values=${values} .rows=${high} .columns=${wide}></nn-picture></div>
    ${rows.length ? nothing : html`<p class="cap">A row is a neuron, a column an image. <span class="key">activation <b>0</b><i class="s"></i><b>1</b></span></p>`}`;
}

/** @param {Bars} evidence */
function bars({ rows, log, most, least, percent: shares }) {
  const floor = log ? Math.floor(Math.log10(Math.max(least, 1e-12))) - 0.5 : 0;
  const width = (/** @type {number} */ value) => (log ? (100 * (Math.log10(Math.max(value, 1e-12)) - floor)) / (Math.log10(most) - floor) : (100 * value) / most);
  return html`<div class="rows ${rows.length > 7 ? "many" : ""}">${rows.map(({ name, value }) => html`<div><span>${name}</span><span class="bar"><i .style=${`width:${Math.max(0, width(value))}%`}></i></span>
    <b data-value=${value}>${shares ? percent(value, 1000) : significant(value, 2)}</b></div>`)}</div>${log ? html`<p class="cap dim">Logarithmic: each tenfold is as long.</p>` : nothing}`;
}
