/** Take the step: C along the step that the gradient gives, what the gradient promises, and where eta stands. */

import { fixed, typed } from "../../lib/numbers.js";
import "../../parts/slider.js";
import { html, nothing } from "../../vendor/lit-html.js";

/**
 * @typedef {{ etas: Float64Array, costs: Float64Array, slope: number }} Along
 * @typedef {{ eta: number, cost: number | null }} Moved C after a step with this eta.
 */

const ROOM = 1.08; // of the axis, times the largest C

/**
 * @param {{ along: Along, moved: Moved, eta: number, range: number, steps: number, cost: number, setEta: (eta: number) => void,
 *   take: () => void, again: () => void }} state
 */
export function step({ along, moved, eta, range, steps, cost, setEta, take, again }) {
  const taken = steps ? html`<span data-steps data-value=${steps}>${steps}</span> ${steps === 1 ? "step" : "steps"} taken` : nothing;
  return html`<div class="lab"><h3>Take the step</h3><span class="cap">${taken}</span></div>
    <div class="stepper"><div>
      <nn-slider .symbol=${"η"} .name=${"eta"} .least=${0} .most=${range} .steps=${60} .check=${checkEta} .value=${eta}
        @value=${(/** @type {CustomEvent} */ event) => setEta(event.detail)}></nn-slider>
      <p class="cap">Dashed: what the gradient promises.</p>
      <div class="row"><button class="btn main" @click=${take}>Take the step</button></div>
      <div class="row"><button class="btn" ?disabled=${!steps} @click=${again}>Start again</button></div>
    </div>${plot(along, moved, cost)}</div>`;
}

/** @param {number} eta */
const checkEta = (eta) => (eta >= 0 && eta <= 1e6 ? "" : `eta: a number from 0 to 1,000,000 needed, got ${typed(eta)}.`);

/** @param {Along} along @param {Moved} moved @param {number} cost */
function plot({ etas, costs, slope }, moved, cost) {
  const most = etas[etas.length - 1] || 1;
  const finite = Array.from(costs).filter(Number.isFinite);
  const top = (Math.max(cost, ...finite) || 1) * ROOM;
  const x = (/** @type {number} */ eta) => 100 * Math.min(1, eta / most);
  const y = (/** @type {number} */ c) => 100 * (1 - Math.min(1, c / top));
  const point = (/** @type {number} */ eta, /** @type {number} */ at) => `${x(eta).toFixed(2)},${y(costs[at]).toFixed(2)}`;
  const line = Array.from(etas, (eta, at) => (Number.isFinite(costs[at]) ? point(eta, at) : "")).filter(Boolean).join(" L");
  const end = slope > 0 ? Math.min(most, cost / slope) : most; // where the straight line meets C = 0
  const straight = `M${x(0)},${y(cost)} L${x(end)},${y(cost - slope * end)}`;
  const known = moved.cost !== null && Number.isFinite(moved.cost);
  const [left, above] = [x(moved.eta), y(moved.cost ?? top)];
  const height = above < 24 ? above + 14 : above - 14;
  const words = `C along the step: ${fixed(cost, 4)} at eta 0${known ? `, ${fixed(Number(moved.cost), 4)} at eta ${typed(moved.eta)}` : ""}`;
  return html`<div class="along" role="img" aria-label=${words}>
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><path class="zero" d=${`M0,${y(cost)} H100 M0,100 H100`} />
      <path class="promise" d=${straight} /><path class="cost" d=${line ? `M${line}` : ""} /></svg>
    <small class="y" .style=${`top:${y(cost)}%`}>${fixed(cost, cost < 1 ? 2 : 1)}</small><small class="y" .style=${"top:100%"}>0</small>
    ${[0, 0.5, 1].map((share) => html`<small class="x" .style=${`left:${100 * share}%`}>${typed(share * most)}</small>`)}
    ${known ? html`<i class="dot-at" .style=${`left:${left}%;top:${above}%`}></i>` : nothing}
    <b class="value ${left > 55 ? "before" : ""}" .style=${`left:${left}%;top:${height}%`}>C =
      <span data-moved data-value=${String(moved.cost)}>${known ? fixed(Number(moved.cost), 4) : "not finite"}</span></b>
  </div>`;
}
