/** The output layer: the answer in large type, two sentences, and a bar for each output. */

import { html } from "../vendor/lit-html.js";
import { fixed } from "../lib/numbers.js";

/** Return the indices of numbers, the largest number first. @param {ArrayLike<number>} values */
export function ranked(values) {
  return Array.from(values, (_, at) => at).sort((one, other) => values[other] - values[one] || one - other);
}

/**
 * @param {ArrayLike<number>} outputs
 * @param {string[]} names What each output stands for.
 * @param {boolean} empty Whether nothing is drawn.
 */
export function answer(outputs, names, empty) {
  const [best, next] = ranked(outputs);
  const says = empty
    ? html`The pad is empty.<br>The biases alone give these numbers.`
    : html`${outputs[best] < 0.5 ? "It is not sure." : `It answers ${names[best]}.`}<br>Next is ${names[next]},
        ${fixed(outputs[next])}.`;
  return html`<div class="answer">
    <span class="hero" data-answer=${empty ? "" : names[best]}>${empty ? "" : names[best]}</span>
    <span class="cap" aria-live="polite">${says}</span>
  </div>`;
}

/**
 * @param {ArrayLike<number>} outputs
 * @param {string[]} names
 * @param {{ selected: number | null, empty: boolean, choose: (output: number) => void }} state
 */
export function bars(outputs, names, { selected, empty, choose }) {
  const [best] = ranked(outputs);
  return html`<div class="outs">${Array.from(outputs, (value, at) => html`
    <button class="out ${at === best && !empty ? "best" : ""} ${at === selected ? "on" : ""}" aria-pressed=${at === selected}
      title=${`Output ${names[at]}: ${value}`} @click=${() => choose(at)}>
      <b>${names[at]}</b><span class="bar"><i .style=${`width:${100 * Math.max(0, Math.min(1, value))}%`}></i></span>
      <span class="v" data-output=${at} data-value=${value}>${fixed(value)}</span>
    </button>`)}</div>`;
}
