/**
 * `<nn-picture>` shows numbers as a picture: one cell, one pixel, enlarged without smoothing.
 *
 * Its properties: `values`, `rows`, `columns`; `max`: numbers are signed, and their colours full at max; without it
 * they lie between 0 and 1. Bytes (Int8Array) are painted fastest: each has its colour in a table.
 */

import { inkPixel, signedPixel, themes } from "./colours.js";

export class Picture extends HTMLElement {
  constructor() {
    super();
    /** @type {ArrayLike<number> | null} */
    this.shown = null;
    this.size = [28, 28];
    /** @type {number | null} */
    this.top = null;
    this.due = false;
    this.repaint = () => this.changed();
  }

  connectedCallback() {
    if (!this.firstChild) this.append(document.createElement("canvas"));
    themes.addEventListener("change", this.repaint);
    this.changed();
  }

  disconnectedCallback() {
    themes.removeEventListener("change", this.repaint);
  }

  /** @param {ArrayLike<number> | null} numbers */
  set values(numbers) {
    if (numbers === this.shown) return;
    this.shown = numbers;
    this.changed();
  }

  get values() {
    return this.shown;
  }

  /** @param {number} count */
  set rows(count) {
    if (count !== this.size[0]) this.changed();
    this.size[0] = count;
  }

  /** @param {number} count */
  set columns(count) {
    if (count !== this.size[1]) this.changed();
    this.size[1] = count;
  }

  /** @param {number | null} max */
  set max(max) {
    if (max !== this.top) this.changed();
    this.top = max;
  }

  /** Paint once after all properties have been set. */
  changed() {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      if (this.isConnected) this.paint();
    });
  }

  paint() {
    const canvas = /** @type {HTMLCanvasElement} */ (this.firstChild);
    const [rows, columns] = this.size;
    if (canvas.width !== columns) canvas.width = columns;
    if (canvas.height !== rows) canvas.height = rows;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    if (!this.shown) {
      context.clearRect(0, 0, columns, rows);
      return;
    }
    context.putImageData(pixels(this.shown, rows, columns, this.top), 0, 0);
  }
}

/** Return numbers as an image. @param {ArrayLike<number>} values @param {number} rows @param {number} columns
 * @param {number | null} max */
export function pixels(values, rows, columns, max) {
  const image = new ImageData(columns, rows);
  const cells = new Uint32Array(image.data.buffer);
  if (values instanceof Int8Array && max !== null) {
    const known = table(max);
    for (let at = 0; at < cells.length; at++) cells[at] = known[values[at] + 128];
  } else {
    const pixel = max === null ? inkPixel() : signedPixel(max);
    for (let at = 0; at < cells.length; at++) cells[at] = pixel(values[at]);
  }
  return image;
}

/** @type {{ max: number, colours: Uint32Array } | null} */
let known = null;
themes.addEventListener("change", () => {
  known = null;
});

/** Return the pixel of each signed byte. @param {number} max */
function table(max) {
  if (known?.max !== max) {
    const pixel = signedPixel(max);
    known = { max, colours: Uint32Array.from({ length: 256 }, (_, at) => pixel(at - 128)) };
  }
  return known.colours;
}

/** Return a canvas ready to be drawn on in units of CSS pixels, sharp on every screen.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** @type {number | undefined} */
let remNow;

/** Return the pixels of one rem; within a frame the browser is asked once, as it computes all styles for that. */
export function rem() {
  if (remNow === undefined) {
    remNow = parseFloat(getComputedStyle(document.documentElement).fontSize);
    requestAnimationFrame(() => {
      remNow = undefined;
    });
  }
  return remNow;
}

if (!customElements.get("nn-picture")) customElements.define("nn-picture", Picture);
