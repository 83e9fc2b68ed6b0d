/**
 * `<nn-picture>` shows numbers as a picture: one cell, one pixel, enlarged without smoothing.
 *
 * Its properties: `values`, `rows`, `columns`; `max`: numbers are signed, and their colours full at max; without it
 * they lie between 0 and 1. Bytes (Int8Array) are painted fastest: each has its colour in a table.
 */

import { inkScale, signedScale, themes } from "./colours.js";

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
  if (values instanceof Int8Array && max !== null) {
    const known = table(max);
    const cells = new Uint32Array(image.data.buffer);
    for (let at = 0; at < cells.length; at++) cells[at] = known[values[at] + 128];
    return image;
  }
  const colour = max === null ? inkScale() : signedScale(max);
  for (let at = 0; at < rows * columns; at++) {
    const [red, green, blue] = colour(values[at]);
    image.data[4 * at] = red;
    image.data[4 * at + 1] = green;
    image.data[4 * at + 2] = blue;
    image.data[4 * at + 3] = 255;
  }
  return image;
}

/** @type {{ max: number, colours: Uint32Array } | null} */
let known = null;
themes.addEventListener("change", () => {
  known = null;
});

/** Return the pixel of each signed byte, as the machine's own 32 bits. @param {number} max */
function table(max) {
  if (known?.max !== max) {
    const colour = signedScale(max);
    const bytes = Uint8Array.from({ length: 1024 }, (_, at) => (at % 4 < 3 ? colour(Math.floor(at / 4) - 128)[at % 4] : 255));
    known = { max, colours: new Uint32Array(bytes.buffer) };
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

/** Return the pixels of one rem. */
export const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

if (!customElements.get("nn-picture")) customElements.define("nn-picture", Picture);
