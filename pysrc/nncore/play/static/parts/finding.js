/** A finding of the doctor, as a card: the word, its name, what was measured, the remedy. */

import { html, nothing } from "../vendor/lit-html.js";

/**
 * @typedef {{ severity: "serious" | "warning" | "note" | "applied", name: string, sentence: string, remedy?: string }} Finding
 * @param {Finding} finding
 * @param {{ main?: boolean, apply?: () => void, why?: () => void, shown?: boolean, undo?: () => void,
 *   advice?: string }} [acts] `shown` says whether what was measured for it is drawn; `advice` is the doctor's own
 *   sentence of what to do.
 */
export function card({ severity, name, sentence, remedy }, { main = false, apply, why, shown = false, undo, advice } = {}) {
  return html`<div class="card ${severity}" data-finding=${name}>
    <span class="word">${severity}</span><h4>${name}</h4><p>${sentence}</p>
    ${advice ? html`<p class="cap">${advice}</p>` : nothing}
    ${(apply && remedy) || why || undo ? html`<div class="row">${apply && remedy ? html`<button class="btn ${main ? "main" : ""}" @click=${apply}>Apply: ${remedy}</button>` : nothing}
      ${why ? html`<button class="btn quiet" aria-pressed=${shown} @click=${why}>Why?</button>` : nothing}
      ${undo ? html`<button class="btn quiet" @click=${undo}>Undo</button>` : nothing}</div>` : nothing}</div>`;
}
