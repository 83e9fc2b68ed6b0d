/**
 * `<nn-field>` shows what a neuron answers in a square window of the plane: signed colours, the line where z = 0, and
 * points as filled marks (class 1) and open ones (class 0).
 *
 * Properties: `answers`, { values (rows of cells from the top), side, max }; `zero`, z at the same places, whose line is
 * drawn; `dashed`, another z; `points`; `view`. With the attribute `open` it takes clicks and keys, and tells of them by
 * the event "put", { x, y, label }, or "take", { at }.
 */

import { colours } from "../../lib/colours.js";
import { Figure } from "../../lib/figure.js";
import { rem, sharp } from "../../lib/pictures.js";
import { signed } from "../../lib/numbers.js";

/** @typedef {import("./places.js").Point} Point */
/** @typedef {import("./places.js").View} View */

export const STRENGTH = 0.6; // of the full colour, at the largest answer: marks stay visible on it
const SHADES = 127; // to each side of 0

/** @type {Map<string, Uint32Array>} */
const tables = new Map();

/** Return the colours of the signed scale, as the bytes of pixels. */
function table() {
  const known = colours();
  const key = known.neg + known.zero + known.pos;
  const found = tables.get(key);
  if (found) return found;
  const [below, zero, above] = [known.neg, known.zero, known.pos].map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) || 0));
  const made = new Uint32Array(2 * SHADES + 1);
  const bytes = new Uint8Array(made.buffer);
  for (let shade = -SHADES; shade <= SHADES; shade++) {
    const share = (STRENGTH * Math.abs(shade)) / SHADES;
    const end = shade < 0 ? below : above;
    bytes.set([...zero.map((part, k) => Math.round(part + (end[k] - part) * share)), 255], 4 * (shade + SHADES));
  }
  tables.set(key, made);
  return made;
}

export class Field extends Figure {
  constructor() {
    super();
    /** @type {{ values: ArrayLike<number>, side: number, max: number } | null} */
    this.shown = null;
    /** @type {Float64Array | null} */
    this.line = null;
    /** @type {Float64Array | null} */
    this.other = null;
    /** @type {Point[]} */
    this.marks = [];
    /** @type {View} */
    this.window = { x: 0, y: 0, half: 1 };
    /** @type {{ x: number, y: number } | null} Where the keys have gone. */
    this.cursor = null;
    this.small = document.createElement("canvas");
    this.spoken = Object.assign(document.createElement("span"), { className: "quietly" });
    this.spoken.setAttribute("aria-live", "polite");
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.hasAttribute("open") && !this.hasAttribute("tabindex")) {
      this.append(this.spoken);
      this.tabIndex = 0;
      this.setAttribute("role", "application");
      this.addEventListener("pointerdown", this.press);
      this.addEventListener("keydown", this.key);
      this.addEventListener("blur", () => { this.cursor = null; this.paint(); });
    }
  }

  /** Show answers, lines and points, at once: a frame shows one state.
   * @param {{ answers: { values: ArrayLike<number>, side: number, max: number }, zero: Float64Array | null,
   *   dashed?: Float64Array | null, points?: Point[], view: View }} state */
  set state({ answers, zero, dashed = null, points = [], view }) {
    this.shown = answers;
    this.line = zero;
    this.other = dashed;
    this.marks = points;
    this.window = view;
    this.changed();
  }

  paint() {
    const side = this.clientWidth;
    if (!side || !this.shown) return;
    const context = sharp(this.canvas, side, side);
    this.cells(context, side);
    const known = colours();
    const cell = side / this.shown.side;
    if (this.other) contour(context, this.other, this.shown.side, cell, known["ink-2"], 1.25, [5, 4]);
    if (this.line) contour(context, this.line, this.shown.side, cell, known.ink, this.hasAttribute("open") ? 2 : 1);
    const radius = 0.25 * rem();
    for (const { x, y, label } of this.marks) {
      const [left, top] = this.place(x, y, side);
      mark(context, left, top, radius, label === 1, known);
    }
    if (this.cursor) {
      const [left, top] = this.place(this.cursor.x, this.cursor.y, side);
      context.strokeStyle = known.ours;
      context.lineWidth = 2;
      context.strokeRect(left - 2 * radius, top - 2 * radius, 4 * radius, 4 * radius);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} size */
  cells(context, size) {
    const { values, side, max } = /** @type {NonNullable<Field["shown"]>} */ (this.shown);
    if (this.small.width !== side) this.small.width = this.small.height = side;
    const image = new ImageData(side, side);
    const pixels = new Uint32Array(image.data.buffer);
    const shades = table();
    const scale = SHADES / max;
    for (let at = 0; at < pixels.length; at++) {
      pixels[at] = shades[Math.max(0, Math.min(2 * SHADES, Math.round(values[at] * scale) + SHADES))];
    }
    this.small.getContext("2d")?.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, 0, 0, size, size);
  }

  /** Return where a point of the plane lies, in pixels. @param {number} x @param {number} y @param {number} side */
  place(x, y, side) {
    const { x: middle, y: height, half } = this.window;
    return [((x - middle) / half + 1) * (side / 2), (1 - (y - height) / half) * (side / 2)];
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button > 0) return;
    const box = this.canvas.getBoundingClientRect();
    const { x: middle, y: height, half } = this.window;
    const x = middle + half * ((2 * (event.clientX - box.left)) / box.width - 1);
    const y = height - half * ((2 * (event.clientY - box.top)) / box.height - 1);
    this.setOrTake(x, y, event.shiftKey, (0.5 * rem() * half) / (box.width / 2));
  }

  /** Set a point; where one lies already, tell which. @param {number} x @param {number} y @param {boolean} other
   * @param {number} near */
  setOrTake(x, y, other, near) {
    const at = this.marks.findIndex((point) => Math.hypot(point.x - x, point.y - y) <= near);
    if (at >= 0) this.dispatchEvent(new CustomEvent("take", { detail: { at } }));
    else this.dispatchEvent(new CustomEvent("put", { detail: { x, y, other } }));
  }

  /** Arrows move a frame over the plane, Enter sets a point there, with Shift one of the other class, or takes one away.
   * @param {KeyboardEvent} event */
  key(event) {
    const step = this.window.half / 20;
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (dx || dy) {
      const from = this.cursor ?? this.window;
      const wide = event.shiftKey ? 5 * step : step;
      const inside = (/** @type {number} */ value, /** @type {number} */ middle) => Math.max(middle - this.window.half, Math.min(middle + this.window.half, value));
      this.cursor = { x: inside(from.x + dx * wide, this.window.x), y: inside(from.y + dy * wide, this.window.y) };
      this.spoken.textContent = `${signed(this.cursor.x)}, ${signed(this.cursor.y)}`;
      this.paint();
    } else if (event.key === "Enter" && this.cursor) {
      this.setOrTake(this.cursor.x, this.cursor.y, event.shiftKey, step / 2);
    } else return;
    event.preventDefault();
  }
}

/** Draw a point. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius
 * @param {boolean} filled @param {Record<string, string>} known */
export function mark(context, x, y, radius, filled, known) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = filled ? known.ink : known.paper;
  context.fill();
  context.lineWidth = filled ? 1 : 1.5;
  context.strokeStyle = filled ? known.paper : known.ink;
  context.stroke();
}

/** Draw the line on which numbers, given at the middles of cells, are 0.
 * @param {CanvasRenderingContext2D} context @param {Float64Array} z @param {number} side @param {number} cell
 * @param {string} colour @param {number} width @param {number[]} [dash] */
function contour(context, z, side, cell, colour, width, dash = []) {
  context.beginPath();
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const at = row * side + column;
      const sign = z[at] > 0;
      if (z[at + 1] > 0 === sign && z[at + side + 1] > 0 === sign && z[at + side] > 0 === sign) continue;
      const corners = [z[at], z[at + 1], z[at + side + 1], z[at + side]]; // clockwise
      const crossings = [];
      for (let k = 0; k < 4; k++) {
        const [one, next] = [corners[k], corners[(k + 1) % 4]];
        if (one > 0 === next > 0) continue;
        const share = one / (one - next);
        const [x, y] = [[share, 0], [1, share], [1 - share, 1], [0, 1 - share]][k];
        crossings.push([(column + 0.5 + x) * cell, (row + 0.5 + y) * cell]);
      }
      if (crossings.length === 4 && corners[0] > 0 !== corners[0] + corners[1] + corners[2] + corners[3] > 0) {
        crossings.push(/** @type {number[]} */ (crossings.shift())); // a saddle whose middle cuts off corner 0
      }
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        context.moveTo(crossings[k][0], crossings[k][1]);
        context.lineTo(crossings[k + 1][0], crossings[k + 1][1]);
      }
    }
  }
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

if (!customElements.get("nn-field")) customElements.define("nn-field", Field);
