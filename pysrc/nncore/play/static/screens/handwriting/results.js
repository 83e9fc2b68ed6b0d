/** How well the network reads: two bars each, before and after it learned; and what it has learned, in words. */

import { counted, percent } from "../../lib/numbers.js";
import { html, nothing } from "../../vendor/lit-html.js";

/**
 * @param {string} id
 * @param {number | null} before @param {number | null} after Fractions; null where there is none.
 * @param {number} n The number of digits. @param {(number | null)[]} right How many of them were right, before and after.
 */
export function bars(id, before, after, n, right) {
  return html`<div class="twice" data-accuracy=${id}>${bar("before", before, n, right[0])}${bar("after", after, n, right[1])}</div>`;
}

/** @param {string} name @param {number | null} share @param {number} n @param {number | null} right */
function bar(name, share, n, right) {
  return html`<div class="measure ${name}"><span>${name}</span><span class="bar"><i .style=${`width:${100 * (share ?? 0)}%`}></i></span>
    ${share === null ? html`<b class="dim">–</b><span></span>` : html`<b data-when=${name} data-value=${share}>${percent(share, n)}</b><span class="dim">${counted(right ?? 0)} of ${counted(n)}</span>`}</div>`;
}

/**
 * Say what was learned of the hand, and what only of these digits.
 * @param {import("../handwriting.js").Sheet} sheet @param {number} unsaid
 */
export function whatWasLearned(sheet, unsaid) {
  const { lesson, known, right, enough, read_before: seen } = sheet;
  if (lesson) {
    const taught = html`Of the ${known} that it learned it now gets ${lesson.right_seen} right, ${more(lesson.right_seen - right)}`;
    if (lesson.right_unseen === null) {
      return html`<p class="cap">${taught}. That says nothing about new ones: it has seen these. Give ${enough} or more, and it is measured on digits it has not seen.</p>`;
    }
    const kept = lesson.right_unseen - right;
    return html`<p class="cap">On digits of this hand that it has not seen, <b data-unseen=${kept}>${more(kept)}</b> ${kept === 1 || kept === -1 ? "is" : "are"} right. For that,
      ${lesson.trainings - 1} more networks were trained, each without a fifth of the ${known}, and read that fifth. ${taught}; but it has seen them, which says nothing about new ones.</p>`;
  }
  if (seen) return html`<p class="cap">The open network has learned ${seen} of these digits before. That it reads them says nothing about new ones.</p>`;
  if (!known) return html`<p class="cap">Is each answer right? Choose a digit and press 0 to 9; the next one follows. Without labels nothing can be counted.</p>`;
  return html`<p class="cap">${unsaid ? html`${unsaid} have no label: they are not counted, and not learned. ` : nothing}The open network has learned none of them here.${
    known < enough ? ` With ${enough} or more it can be measured what it learns of the hand.` : ""}</p>`;
}

/** @param {number} gain */
const more = (gain) => (gain === 0 ? "as many as before" : gain > 0 ? `${gain} more` : `${-gain} fewer`);
