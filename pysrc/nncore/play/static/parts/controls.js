/** The controls of a run: one button that starts, pauses and goes on; a step, an epoch, and the speed. */

import { html, nothing } from "../vendor/lit-html.js";

const SPEEDS = ["20 mini-batches a second", "half an epoch a second", "5 epochs a second", "as fast as it can"];

/**
 * @param {{ state: "new" | "running" | "paused" | "done", start: () => void, step?: () => void, epoch?: () => void,
 *   off?: boolean, speed?: number, speeds?: string[], setSpeed?: (speed: number) => void, more?: [string, () => void] }} run `speed` is from 0, slow, to
 *   3, full; `speeds` says what they are. `more` stands in place of step and epoch when the run is done; `off`: there is
 *   nothing to train.
 */
export function controls({ state, start, step, epoch, off = false, speed, speeds = SPEEDS, setSpeed, more }) {
  const name = { new: "Start", running: "Pause", paused: "Go on", done: "Again" }[state];
  const running = state === "running";
  return html`<button class="btn main go" data-state=${state} ?disabled=${off} @click=${start}>${name}</button>
    ${state === "done" && more ? html`<button class="btn" @click=${more[1]}>${more[0]}</button>` : html`
      ${step ? html`<button class="btn" ?disabled=${running || off} @click=${step}>One step</button>` : nothing}
      ${epoch ? html`<button class="btn" ?disabled=${running || off} @click=${epoch}>One epoch</button>` : nothing}`}
    ${setSpeed ? html`<label class="speed">slow<input type="range" min="0" max="3" .value=${String(speed)} aria-label="Speed" aria-valuetext=${speeds[speed ?? 3]} title=${speeds[speed ?? 3]}
      @input=${(/** @type {{ target: HTMLInputElement }} */ { target }) => setSpeed(Number(target.value))}>full</label>` : nothing}`;
}
