/** The doctor's findings about the current run. */

import { card } from "../../parts/finding.js";
import { html, nothing } from "../../vendor/lit-html.js";
import { words } from "./words.js";

const MOST = 3;

/**
 * @typedef {{ severity: "serious" | "warning" | "note", name: string, measured: string, remedy: string, change: Record<string, any> | null }} Found
 * @typedef {{ about: string, healthy: boolean, findings: Found[] }} Diagnosis
 */

/**
 * @param {{ diagnosis: Diagnosis | null, all: boolean, applied: { finding: Found, letter: string } | null,
 *   showAll: () => void, apply: (finding: Found) => void, undo: () => void, close: () => void }} given
 */
export function doctor({ diagnosis, all, applied, showAll, apply, undo, close }) {
  const findings = diagnosis?.findings ?? [];
  const shown = all ? findings : findings.slice(0, MOST);
  const first = shown.find(({ change }) => change);
  return html`<dialog class="sheet" aria-label="The doctor" @close=${close}>
    <h3>The doctor${diagnosis ? `, on ${diagnosis.about}` : ""}</h3>
    <div aria-live="polite">
    ${!diagnosis ? html`<p class="cap">It looks at the weights, the neurons and the answers.</p>` : nothing}
    ${diagnosis && !findings.length ? html`<p class="healthy">Nothing wrong was found.</p>` : nothing}
    ${shown.map((finding) => (finding.name === applied?.finding.name
      ? card({ severity: "applied", name: finding.name, sentence: `Run ${applied.letter} has begun with ${wordsOf(applied.finding)}; the old run stays beside it, dashed.` }, { undo })
      : card({ severity: finding.severity, name: finding.name, sentence: finding.measured, remedy: finding.change ? `run again with ${wordsOf(finding)}` : undefined }, {
        main: finding === first && !applied, apply: finding.change && !applied ? () => apply(finding) : undefined, advice: finding.remedy })))}
    ${shown.length < findings.length ? html`<button class="btn quiet" @click=${showAll}>${findings.length - shown.length} more</button>` : nothing}
    </div>
    <div class="row"><button class="btn" @click=${(/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.currentTarget).closest("dialog")?.close()}>Close</button></div>
  </dialog>`;
}

/** @param {Found} finding */
const wordsOf = ({ change }) => Object.entries(change ?? {}).map(([name, value]) => words(name, value)).join(", ");
