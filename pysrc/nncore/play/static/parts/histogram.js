/**
 * `<nn-histogram>` draws how many numbers lie in each of equal parts of [-range, range): now filled, in the colours of
 * signed numbers, and at the start as an outline. Heights are square roots, so that a few numbers far from 0 are seen.
 *
 * Properties: `filled` and `outlined`, counts; `range`.
 */

import { colours, signedScale } from "../lib/colours.js";
import { Figure } from "../lib/figure.js";
import { typed } from "../lib/numbers.js";
import { rem, sharp } from "../lib/pictures.js";

export class Histogram extends Figure {
  constructor() {
    super();
    /** @type {ArrayLike<number>} */
    this.counts = [];
    /** @type {ArrayLike<number>} */
    this.outline = [];
    this.wide = 1;
  }

  connectedCallback() {
    super.connectedCallback();
    this.setAttribute("role", "img");
  }

  /** @param {ArrayLike<number>} counts */
  set filled(counts) {
    this.counts = counts;
    this.changed();
  }

  /** @param {ArrayLike<number>} counts */
  set outlined(counts) {
    this.outline = counts;
    this.changed();
  }

  /** @param {number} wide */
  set range(wide) {
    this.wide = wide;
    this.changed();
  }

  paint() {
    const [width, height] = [this.clientWidth, this.clientHeight];
    if (width < 20 || height < 20) return;
    const known = colours();
    const size = rem();
    const context = sharp(this.canvas, width, height);
    const bottom = height - 1.25 * size;
    const most = Math.max(1, ...Array.from(this.counts), ...Array.from(this.outline));
    const up = (/** @type {number} */ count) => Math.sqrt(count / most) * (bottom - 2);
    const bar = width / (this.counts.length || 1);
    const colour = signedScale(1);
    context.fillStyle = known.rule;
    context.fillRect(0, bottom, width, 1);
    for (let at = 0; at < this.counts.length; at++) {
      const high = up(this.counts[at]);
      context.fillStyle = `rgb(${colour(2 * at < this.counts.length ? -0.75 : 0.75)})`;
      context.fillRect(at * bar + 0.5, bottom - high, bar - 1, high);
    }
    context.beginPath();
    for (let at = 0; at < this.outline.length; at++) {
      const y = bottom - up(this.outline[at]);
      context.lineTo(at * bar, y);
      context.lineTo((at + 1) * bar, y);
    }
    context.strokeStyle = known.ink;
    context.lineWidth = 1.25;
    context.stroke();
    context.font = `${0.75 * size}px ${getComputedStyle(this).fontFamily}`;
    context.fillStyle = known["ink-3"];
    for (const [text, x, align] of /** @type {[string, number, CanvasTextAlign][]} */ ([[typed(-this.wide), 0, "left"], ["0", width / 2, "center"], [`+${typed(this.wide)}`, width, "right"]])) {
      context.textAlign = align;
      context.fillText(text, x, height - 0.25 * size);
    }
  }
}

if (!customElements.get("nn-histogram")) customElements.define("nn-histogram", Histogram);
