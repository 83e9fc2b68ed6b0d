/** The network as a figure: inputs on top, a small plane for each neuron, and wires as wide as their weights are large. */

import { fixed } from "../../lib/numbers.js";
import { tip } from "../../lib/tooltip.js";
import { html, svg } from "../../vendor/lit-html.js";
import { layersOf } from "./network.js";

const WIDE = 268; // units of a sixteenth of a rem
const HIGH = 392;
const INPUT = 16; // the radius of an input
const PLANE = 56;

/** Return where each neuron stands, the inputs first, and how high the figure is. @param {number[]} hidden */
export function placesOf(hidden) {
  const counts = [2, ...hidden, 1];
  const largest = hidden.length === 3 ? 46 : PLANE;
  const pitch = Math.min(144, (HIGH - INPUT - 2 - PLANE / 2) / (counts.length - 1));
  const rows = counts.map((n, row) => {
    const apart = Math.min(80, WIDE / n);
    const side = row === 0 ? 2 * INPUT : row === counts.length - 1 ? PLANE : Math.min(largest, apart - 5);
    return Array.from({ length: n }, (_, at) => ({ x: WIDE / 2 + (at - (n - 1) / 2) * apart, y: INPUT + 2 + row * pitch, side }));
  });
  return { rows, high: INPUT + 2 + (counts.length - 1) * pitch + PLANE / 2 };
}

/** Name a neuron of a layer that is counted from 0, the inputs. @param {number} row @param {number} at */
export const nameOf = (row, at) => (row === 0 ? `input ${at}` : `neuron ${at} of layer ${row + 1}`);

/**
 * @param {{ hidden: number[], parameters: Float32Array, cuts: Set<number>, selected: { row: number, at: number } }} net
 * @param {{ cut: (place: number) => void, choose: (row: number, at: number) => void, peek: (row: number, at: number) => void,
 *   leave: () => void, grow: (layer: number, by: number) => void, plane: (row: number, at: number) => unknown }} acts
 */
export function wiring({ hidden, parameters, cuts, selected }, { cut, choose, peek, leave, grow, plane }) {
  const { rows, high } = placesOf(hidden);
  const rem = (/** @type {number} */ units) => `${units / 16}rem`;
  return html`<div class="net" .style=${`height:${rem(high)}`}>
    <div class="sizes">${hidden.map((n, at) => html`<div .style=${`top:${rem(rows[at + 1][0].y)}`}><span>layer ${at + 2}</span>
      <span class="pair"><button class="btn" aria-label=${`One neuron less in layer ${at + 2}`} ?disabled=${n <= 1} @click=${() => grow(at, -1)}>−</button><button
        class="btn" aria-label=${`One neuron more in layer ${at + 2}`} ?disabled=${n >= 8} @click=${() => grow(at, 1)}>+</button></span></div>`)}</div>
    <div class="figure"><svg viewBox=${`0 0 ${WIDE} ${high}`} aria-hidden="true">${wires(hidden, rows, parameters, cuts, cut)}
      ${rows[0].map(({ x, y }, at) => svg`<circle cx=${x} cy=${y} r=${INPUT}/><text x=${x} y=${y + 5}>x<tspan dy="3" class="sub">${at}</tspan></text>`)}</svg>
      ${rows.slice(1).map((row, before) => row.map(({ x, y, side }, at) => html`<button class=${selected.row === before + 1 && selected.at === at ? "node on" : "node"}
        aria-label=${`Neuron ${at} of layer ${before + 2}`} aria-pressed=${selected.row === before + 1 && selected.at === at} data-node=${`${before + 2},${at}`}
        .style=${`left:${rem(x - side / 2)};top:${rem(y - side / 2)};width:${rem(side)};height:${rem(side)}`} @click=${() => choose(before + 1, at)}
        @pointerenter=${() => peek(before + 1, at)} @pointerleave=${(/** @type {PointerEvent} */ { pointerType }) => pointerType === "touch" || leave()}
        @focus=${(/** @type {{ target: HTMLElement }} */ { target }) => target.matches(":focus-visible") && peek(before + 1, at)} @blur=${leave}>${plane(before + 1, at)}</button>`))}
    </div></div>`;
}

/** @param {number[]} hidden @param {{ x: number, y: number, side: number }[][]} rows @param {Float32Array} parameters
 * @param {Set<number>} cuts @param {(place: number) => void} cut */
function wires(hidden, rows, parameters, cuts, cut) {
  return layersOf(hidden).map((layer, row) => rows[row + 1].map((to, j) => rows[row].map((from, k) => {
    const place = layer.start + layer.before * j + k;
    const w = parameters[place];
    const isCut = cuts.has(place);
    const { show, hide } = tip(() => (isCut ? `Cut, from ${nameOf(row, k)}. A click joins it.` : `w = ${fixed(w, 2)}, from ${nameOf(row, k)}. A click cuts it.`));
    const [x1, y1, x2, y2] = [from.x, from.y + from.side / 2, to.x, to.y - to.side / 2];
    const width = Math.min(8, Math.max(0.6, 1.5 * Math.abs(w)));
    return svg`<line class=${isCut ? "wire cut" : w < 0 ? "wire neg" : "wire pos"} data-wire=${place} x1=${x1} y1=${y1} x2=${x2} y2=${y2} stroke-width=${isCut ? 1 : width}/>
      <line class="hit" x1=${x1} y1=${y1} x2=${x2} y2=${y2} @click=${() => cut(place)} @pointermove=${show} @pointerleave=${hide}/>`;
  })));
}
