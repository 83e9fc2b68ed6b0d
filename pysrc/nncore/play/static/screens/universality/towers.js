/** Two inputs: the surface over the square, and the heights of the towers. */

import { steadyMaximum } from "../../lib/colours.js";
import { TOP } from "./plots.js";
import { paintSurface } from "./surface.js";
import { signedKey } from "../../parts/keys.js";
import { html, nothing } from "../../vendor/lit-html.js";

/** @typedef {import("./plots.js").Answer} Answer */
/**
 * What these figures know of the screen.
 * @typedef {object} Screen
 * @property {{ output: Float64Array, neurons: number } | null} sgd
 * @property {string} surface Which surface is shown, "towers" or "sgd".
 * @property {number} chosen The tower that is chosen, or -1.
 * @property {number} turn
 * @property {() => void} paint
 * @property {(by: number) => void} turnBy
 * @property {(at: number, height: number) => void} lift
 */

/** The surface over the square. @param {Screen} screen @param {Answer} answer */
export function surfaceFigure(screen, answer) {
  const learned = screen.sgd && screen.surface === "sgd" ? screen.sgd : null;
  const which = (/** @type {string} */ value, /** @type {string} */ name) => html`<button class="btn" aria-pressed=${screen.surface === value}
    @click=${() => { screen.surface = value; screen.paint(); }}>${name}</button>`;
  const turn = (/** @type {PointerEvent} */ event) => {
    if (event.type === "pointerdown") /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
    else if (event.buttons) screen.turnBy(event.movementX / 150);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -0.1, ArrowRight: 0.1 }[event.key];
    if (by) { event.preventDefault(); screen.turnBy(by); }
  };
  return html`<div class="first"><div class="lab"><h3>${learned ? `What SGD has learned, ${learned.neurons} neurons` : "The towers, and the goal as a net"}</h3>
      ${screen.sgd ? html`<span class="seg">${which("towers", "Towers")}${which("sgd", "SGD")}</span>` : nothing}</div>
    <nn-canvas class="surface" tabindex="0" role="img" aria-label="The surface of the network, and the goal as a net; the arrow keys turn it"
      .draw=${paintSurface(learned ? learned.output : answer.output, answer.goal, screen.turn)} @pointerdown=${turn} @pointermove=${turn} @keydown=${keys}></nn-canvas>
    <div class="key"><span><i class="goal"></i>the goal, <span class="m">f(x, y)</span> = 0.5 + 0.4 sin 6<span class="m">x</span> cos 4<span class="m">y</span></span><span><i class="ours"></i>${learned ? "SGD" : "the network"}</span></div></div>`;
}

/** The heights of the towers, as seen from above. @param {Screen} screen @param {Answer & { sizes?: number[] }} answer */
export function towerMap(screen, { heights, sizes = [] }) {
  const N = Math.round(Math.sqrt(heights.length));
  const chosen = chosenOf(screen, N);
  const [i, j] = [Math.floor(chosen / N), chosen % N];
  const max = steadyMaximum(heights, 1);
  const cells = Array.from(heights, (_, at) => heights[(at % N) * N + N - 1 - Math.floor(at / N)]);
  const choose = (/** @type {number} */ x, /** @type {number} */ y) => {
    screen.chosen = Math.max(0, Math.min(N - 1, x)) * N + Math.max(0, Math.min(N - 1, y));
    screen.paint();
  };
  const touch = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    choose(Math.floor(((event.clientX - box.left) / box.width) * N), N - 1 - Math.floor(((event.clientY - box.top) / box.height) * N));
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const now = chosenOf(screen, N); // keys may come faster than frames
    choose(Math.floor(now / N) + dx, (now % N) + dy);
  };
  return html`<div class="second"><div class="lab"><h3>The network: ${sizes[1]} steps, ${N * N} tower${N > 1 ? "s" : ""}</h3></div>
    <div class="map" tabindex="0" role="img" aria-label="Heights of the towers; the arrow keys choose one" @pointerdown=${touch} @keydown=${keys}>
      <nn-picture .values=${cells} .rows=${N} .columns=${N} .max=${max}></nn-picture>
      <i class="chosen" .style=${`left:${(100 * i) / N}%;top:${(100 * (N - 1 - j)) / N}%;width:${100 / N}%;height:${100 / N}%`}></i></div>
    <div class="row sides"><span class="cap"><span class="m">x</span> to the right, <span class="m">y</span> up</span><span class="end">${signedKey("height", max)}</span></div>
    <p class="one" aria-live="polite">Tower ${i}, ${j}: <span class="m">h</span> = <nn-scrub .name=${"h"} .step=${0.01} .least=${-TOP} .most=${TOP} .value=${heights[chosen]} data-tower=${chosen} data-value=${heights[chosen]}
      @value=${(/** @type {CustomEvent} */ { detail }) => screen.lift(chosen, detail)}></nn-scrub></p>
    <p class="cap">A tower is one neuron. It adds two bumps, one along each input, and is near 1 only where both are. Where the corners of towers meet, neither bump is whole, and the network has a gap.</p></div>`;
}

/** Return the tower that is chosen, at first the one in the middle. @param {Screen} screen @param {number} N */
function chosenOf({ chosen }, N) {
  return chosen >= 0 && chosen < N * N ? chosen : Math.floor(N / 2) * N + Math.floor(N / 2);
}
