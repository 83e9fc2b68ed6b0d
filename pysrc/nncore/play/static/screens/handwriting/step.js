/**
 * `<nn-step>` shows one picture on the way from a photo to digits: bytes, fitted into its place, with what was found
 * drawn on it. Properties: `picture` and `marks`.
 */

import { colours, inkScale } from "../../lib/colours.js";
import { Figure } from "../../lib/figure.js";
import { sharp } from "../../lib/pictures.js";

/**
 * @typedef {{ bytes: Uint8Array, rows: number, columns: number, scale: "grey" | "ink" }} Bytes A photo is grey in every
 *   theme; ink goes from paper to ink.
 * @typedef {{ boxes?: Float32Array, chosen?: number, centre?: number[], frame?: number }} Marks Boxes are left, top,
 *   right, bottom, in pixels of the picture. The frame is a square in the middle, of so many pixels.
 */

export class Step extends Figure {
  constructor() {
    super();
    /** @type {Bytes | null} */
    this.shown = null;
    /** @type {Marks} */
    this.found = {};
  }

  /** @param {Bytes | null} picture */
  set picture(picture) {
    if (picture === this.shown) return;
    this.shown = picture;
    this.changed();
  }

  /** @param {Marks} marks */
  set marks(marks) {
    if (JSON.stringify(marks) === JSON.stringify(this.found)) return;
    this.found = marks;
    this.changed();
  }

  paint() {
    const { clientWidth: wide, clientHeight: high, shown } = this;
    if (!shown || !wide || !high) return;
    const scale = Math.min(wide / shown.columns, high / shown.rows);
    const context = sharp(this.canvas, Math.round(scale * shown.columns), Math.round(scale * shown.rows));
    context.imageSmoothingEnabled = scale < 1;
    context.imageSmoothingQuality = "high";
    context.drawImage(small(shown), 0, 0, Math.round(scale * shown.columns), Math.round(scale * shown.rows));
    this.mark(context, scale, shown);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} scale @param {Bytes} shown */
  mark(context, scale, { rows, columns }) {
    const { boxes, chosen, centre, frame } = this.found;
    const known = colours();
    for (let k = 0; boxes && k < boxes.length / 4; k++) {
      const [left, top, right, bottom] = boxes.subarray(4 * k, 4 * k + 4);
      context.strokeStyle = known.ours;
      context.lineWidth = k === chosen ? 2 : 1;
      context.strokeRect(scale * left - 1.5, scale * top - 1.5, scale * (right - left) + 3, scale * (bottom - top) + 3);
    }
    context.lineWidth = 1;
    context.strokeStyle = known.other;
    if (frame) {
      context.strokeRect((scale * (columns - frame)) / 2, (scale * (rows - frame)) / 2, scale * frame, scale * frame);
    }
    if (centre) {
      context.strokeStyle = known.ours;
      context.lineWidth = 2;
      const [x, y] = centre.map((part) => scale * part);
      context.beginPath();
      context.moveTo(x - 7, y);
      context.lineTo(x + 7, y);
      context.moveTo(x, y - 7);
      context.lineTo(x, y + 7);
      context.stroke();
    }
  }
}

/** Return a picture as a canvas of its own size. @param {Bytes} shown */
function small({ bytes, rows, columns, scale }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const image = new ImageData(columns, rows);
  const ink = inkScale();
  const colour = Array.from({ length: 256 }, (_, byte) => (scale === "grey" ? [byte, byte, byte] : ink(byte / 255)));
  for (let at = 0; at < rows * columns; at++) {
    const [red, green, blue] = colour[bytes[at]];
    image.data[4 * at] = red;
    image.data[4 * at + 1] = green;
    image.data[4 * at + 2] = blue;
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

if (!customElements.get("nn-step")) customElements.define("nn-step", Step);
