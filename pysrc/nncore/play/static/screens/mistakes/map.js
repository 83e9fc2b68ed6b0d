/**
 * `<nn-digits>` is a map: each digit stands where its two coordinates say. It tells which digit is pointed at by the
 * event "point" (-1: none), and which is clicked by "open".
 *
 * Property: `state`, { images, points, listed, filtered, shown, wrong }. If `filtered`, digits that are not listed fade;
 * otherwise those that are answered wrongly are framed.
 */

import { colours } from "../../lib/colours.js";
import { Figure } from "../../lib/figure.js";
import { rem, sharp } from "../../lib/pictures.js";

/** @typedef {{ images: Uint8Array, points: Float32Array, listed: number[], filtered: boolean, shown: number, wrong: Uint8Array }} State */

const MARK = 1; // rem, the side of a digit
const FADED = 0.12;

export class Digits extends Figure {
  constructor() {
    super();
    /** @type {State | null} */
    this.now = null;
    /** @type {{ images: Uint8Array, ink: string, canvas: HTMLCanvasElement } | null} */
    this.atlas = null;
    /** @type {Float32Array} where each digit's middle is, in pixels */
    this.places = new Float32Array(0);
    this.addEventListener("pointermove", (event) => this.tell("point", this.nearest(event)));
    this.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.tell("point", -1));
    this.addEventListener("click", (event) => {
      const digit = this.nearest(event);
      if (digit >= 0) this.tell("open", digit);
    });
    this.addEventListener("keydown", this.press);
    this.addEventListener("blur", () => this.tell("point", -1));
  }

  connectedCallback() {
    super.connectedCallback();
    this.tabIndex = 0;
    this.setAttribute("role", "img");
  }

  /** @param {State} state */
  set state(state) {
    this.now = state;
    this.changed();
  }

  /** @param {string} event @param {number} detail */
  tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }

  paint() {
    const [width, height] = [this.clientWidth, this.clientHeight];
    if (!this.now || width < 20 || height < 20) return;
    const { points, listed, filtered, shown, wrong } = this.now;
    const context = sharp(this.canvas, width, height);
    const side = MARK * rem();
    this.places = placed(points, width, height, side);
    const atlas = this.drawn();
    const isListed = new Set(listed);
    context.imageSmoothingEnabled = true;
    context.strokeStyle = colours().ink;
    const draw = (/** @type {number} */ at, /** @type {number} */ size) => context.drawImage(atlas, 28 * (at % 32), 28 * Math.floor(at / 32), 28, 28,
      this.places[2 * at] - size / 2, this.places[2 * at + 1] - size / 2, size, size);
    const count = points.length / 2;
    for (const front of [false, true]) {
      for (let at = 0; at < count; at++) {
        if (front !== (filtered ? isListed.has(at) : Boolean(wrong[at]))) continue;
        context.globalAlpha = filtered && !front ? FADED : 1;
        if (front) this.box(context, at, side, 1);
        draw(at, side);
      }
    }
    context.globalAlpha = 1;
    if (shown >= 0) {
      this.box(context, shown, 2 * side, 2);
      draw(shown, 2 * side);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} at @param {number} size @param {number} width */
  box(context, at, size, width) {
    const [left, top] = [this.places[2 * at] - size / 2, this.places[2 * at + 1] - size / 2];
    context.fillStyle = colours().paper;
    context.fillRect(left, top, size, size);
    context.lineWidth = width;
    context.strokeRect(left, top, size, size);
  }

  /** Return all digits as ink, 32 in a row; they are drawn once for each theme. */
  drawn() {
    const { images } = /** @type {State} */ (this.now);
    const ink = colours().ink;
    if (this.atlas?.images === images && this.atlas.ink === ink) return this.atlas.canvas;
    const count = images.length / 784;
    const canvas = Object.assign(document.createElement("canvas"), { width: 28 * 32, height: 28 * Math.ceil(count / 32) });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16));
    for (let at = 0; at < count; at++) {
      const image = new ImageData(28, 28);
      for (let k = 0; k < 784; k++) image.data.set([red, green, blue, images[784 * at + k]], 4 * k);
      context.putImageData(image, 28 * (at % 32), 28 * Math.floor(at / 32));
    }
    this.atlas = { images, ink, canvas };
    return canvas;
  }

  /** Return the digit under the pointer, or -1. @param {MouseEvent} event */
  nearest(event) {
    const box = this.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, distance] = [-1, MARK * rem()];
    for (let at = 0; at < this.places.length / 2; at++) {
      const here = Math.hypot(this.places[2 * at] - x, this.places[2 * at + 1] - y);
      if (here < distance) [best, distance] = [at, here];
    }
    return best;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!this.now) return;
    const { listed, shown } = this.now;
    if (step && listed.length) this.tell("point", listed[(listed.indexOf(shown) + step + listed.length) % listed.length]);
    else if (event.key === "Enter" && shown >= 0) this.tell("open", shown);
    else return;
    event.preventDefault();
  }
}

/** Return where points lie in a window, in one scale for both axes. @param {Float32Array} points @param {number} width
 * @param {number} height @param {number} side */
export function placed(points, width, height, side) {
  const least = [Infinity, Infinity];
  const most = [-Infinity, -Infinity];
  points.forEach((value, at) => {
    least[at % 2] = Math.min(least[at % 2], value);
    most[at % 2] = Math.max(most[at % 2], value);
  });
  const room = [width, height].map((size) => size - side - 2);
  const scale = Math.min(...[0, 1].map((axis) => room[axis] / Math.max(1e-12, most[axis] - least[axis])));
  return points.map((value, at) => {
    const axis = at % 2;
    const from = (value - (least[axis] + most[axis]) / 2) * scale;
    return axis ? height / 2 - from : width / 2 + from;
  });
}

if (!customElements.get("nn-digits")) customElements.define("nn-digits", Digits);
