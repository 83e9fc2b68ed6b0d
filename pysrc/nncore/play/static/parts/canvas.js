/**
 * `<nn-canvas>` is a figure that a screen draws by itself. It has the size that the style gives it, and is drawn again
 * when that or the theme changes.
 *
 * Property: `draw`, a function of the context, whose unit is a CSS pixel, the width, the height, and the size of a rem.
 */

import { Figure } from "../lib/figure.js";
import { rem, sharp } from "../lib/pictures.js";

/** @typedef {(context: CanvasRenderingContext2D, width: number, height: number, size: number) => void} Paint */

export class Canvas extends Figure {
  constructor() {
    super();
    /** @type {Paint | null} */
    this.work = null;
  }

  /** @param {Paint} work */
  set draw(work) {
    this.work = work;
    this.changed();
  }

  paint() {
    const [width, height] = [this.clientWidth, this.clientHeight];
    if (!this.work || width < 20 || height < 20) return;
    const context = sharp(this.canvas, width, height);
    context.lineJoin = "round";
    this.work(context, width, height, rem());
  }
}

/** Return the font of numbers and names in a figure. @param {number} size Pixels. @param {string} [weight] */
export const font = (size, weight = "") => `${weight} ${size}px ${style("--sans")}`;

/** Return the font of symbols. @param {number} size Pixels. */
export const mathFont = (size) => `italic ${size}px ${style("--math")}`;

/** @param {string} name */
const style = (name) => getComputedStyle(document.querySelector("[data-nncore]") ?? document.documentElement).getPropertyValue(name);

/** Draw a line through points. @param {CanvasRenderingContext2D} context @param {Iterable<[number, number]>} points
 * @param {string} colour @param {number} width @param {number[]} [dash] */
export function line(context, points, colour, width, dash = []) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

/** Draw a round mark. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y
 * @param {number} radius @param {string} fill @param {string} [edge] @param {number} [width] */
export function mark(context, x, y, radius, fill, edge, width = 1.5) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = fill;
  context.fill();
  if (!edge) return;
  context.strokeStyle = edge;
  context.lineWidth = width;
  context.stroke();
}

/** Fill a closed line through points. @param {CanvasRenderingContext2D} context @param {Iterable<[number, number]>} points @param {string} colour */
export function area(context, points, colour) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.fillStyle = colour;
  context.fill();
}

if (!customElements.get("nn-canvas")) customElements.define("nn-canvas", Canvas);
