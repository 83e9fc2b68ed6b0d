/**
 * `<nn-pad>` is what a reader draws on. Its strokes are lists of points in units of 280 a side. It tells of each change
 * by the event "strokes"; the first stroke replaces what is shown (`picture`, or strokes that are `example`).
 */

import { colours, themes } from "../lib/colours.js";
import { pixels } from "../lib/pictures.js";

export const SIDE = 280;
const PEN = 21; // 7.5 % of the side

/** @typedef {number[][][]} Strokes */

export class Pad extends HTMLElement {
  constructor() {
    super();
    /** @type {Strokes} */
    this.drawn = [];
    /** @type {ArrayLike<number> | null} */
    this.shown = null;
    this.example = false;
    /** @type {ArrayLike<number> | null} What a network sees of it. */
    this.pixels = null;
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.repaint = () => this.paint();
    this.sizes = new ResizeObserver(this.repaint);
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.go(event));
  }

  connectedCallback() {
    if (!this.firstChild) this.append(this.canvas);
    this.canvas.setAttribute("aria-label", this.getAttribute("label") ?? "Drawing pad");
    themes.addEventListener("change", this.repaint);
    this.sizes.observe(this);
    this.paint();
  }

  disconnectedCallback() {
    themes.removeEventListener("change", this.repaint);
    this.sizes.disconnect();
  }

  /** @param {Strokes} strokes */
  set strokes(strokes) {
    if (strokes === this.drawn) return;
    this.drawn = strokes;
    this.paint();
  }

  /** @param {ArrayLike<number> | null} picture 28 x 28 numbers from 0 to 1, or null */
  set picture(picture) {
    if (picture === this.shown) return;
    this.shown = picture;
    this.paint();
  }

  /** @param {PointerEvent} event */
  begin(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    const kept = this.example || this.shown ? [] : this.drawn;
    this.tell([...kept, [this.at(event)]]);
  }

  /** @param {PointerEvent} event */
  go(event) {
    if (!event.buttons || !this.canvas.hasPointerCapture(event.pointerId) || !this.drawn.length) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = (coalesced.length ? coalesced : [event]).map((each) => this.at(each));
    this.tell([...this.drawn.slice(0, -1), [...this.drawn[this.drawn.length - 1], ...points]]);
  }

  /** @param {Strokes} strokes */
  tell(strokes) {
    this.drawn = strokes;
    this.shown = null;
    this.example = false;
    this.dispatchEvent(new CustomEvent("strokes", { detail: strokes })); // the core answers while this is painted
    this.paint();
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const inside = (/** @type {number} */ x) => Math.max(0, Math.min(SIDE, Math.round(10 * x) / 10));
    return [
      inside(((event.clientX - box.left) * SIDE) / box.width),
      inside(((event.clientY - box.top) * SIDE) / box.height),
    ];
  }

  paint() {
    const side = this.clientWidth;
    if (!this.isConnected || !side) return;
    const ratio = window.devicePixelRatio || 1;
    const size = Math.round(side * ratio);
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.resetTransform();
    context.clearRect(0, 0, size, size);
    const scale = (side * ratio) / SIDE;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (this.shown) {
      const small = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
      small.getContext("2d")?.putImageData(pixels(this.shown, 28, 28, null), 0, 0);
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, SIDE, SIDE);
    } else if (this.drawn.length) {
      ink(context, this.drawn, colours().ink);
    } else {
      context.fillStyle = colours()["ink-3"];
      context.font = `${(15 * SIDE) / side}px ${getComputedStyle(this).fontFamily}`;
      context.textAlign = "center";
      context.fillText("Draw a digit here", SIDE / 2, SIDE / 2 + 5);
    }
  }
}

/** Draw strokes with a round pen. @param {CanvasRenderingContext2D} context @param {Strokes} strokes @param {string} colour */
export function ink(context, strokes, colour) {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = PEN;
  context.strokeStyle = colour;
  for (const stroke of strokes) {
    context.beginPath();
    stroke.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
    if (stroke.length === 1) context.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
    context.stroke();
  }
}

if (!customElements.get("nn-pad")) customElements.define("nn-pad", Pad);
