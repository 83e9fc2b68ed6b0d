/**
 * `<nn-window>` shows numbers as a picture with a window in a frame, which a pointer or the arrow keys move. It tells of
 * a new place by the event "place", { row, column }: the first row and column of the window.
 *
 * Property: `state`, { values, rows, columns, top, signs?, box: { row, column, high, wide }, group?, reach }. `top` has the
 * full colour; `group` is a second, thin frame; `reach` is how many places there are down and across, null: none.
 */

import { colours } from "../../lib/colours.js";
import { Figure } from "../../lib/figure.js";
import { pixels, sharp } from "../../lib/pictures.js";

/** @typedef {{ row: number, column: number, high: number, wide: number }} Box */
/** @typedef {{ values: Float32Array, rows: number, columns: number, top: number, signs?: boolean, box: Box, group?: Box | null,
 *   reach: number[] | null }} State */

export class Window extends Figure {
  constructor() {
    super();
    /** @type {State | null} */
    this.now = null;
    this.small = document.createElement("canvas");
    this.addEventListener("pointerdown", (event) => {
      if (event.button > 0 || !this.now?.reach) return;
      this.setPointerCapture(event.pointerId);
      this.go(event);
    });
    this.addEventListener("pointermove", (event) => {
      if (this.now?.reach && (event.pointerType === "mouse" ? event.buttons : this.hasPointerCapture(event.pointerId))) this.go(event);
    });
    this.addEventListener("keydown", this.press);
  }

  connectedCallback() {
    super.connectedCallback();
    if (!this.hasAttribute("inert")) this.tabIndex = 0;
    this.setAttribute("role", "img");
  }

  /** @param {State} state */
  set state(state) {
    this.now = state;
    this.changed();
  }

  paint() {
    const side = this.clientWidth;
    if (!this.now || side < 20) return;
    const { values, rows, columns, top, signs, box, group } = this.now;
    const cell = side / columns;
    const context = sharp(this.canvas, side, cell * rows);
    [this.small.width, this.small.height] = [columns, rows];
    this.small.getContext("2d")?.putImageData(pixels(values.map((x) => x / top), rows, columns, signs ? 1 : null), 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, 0, 0, side, cell * rows);
    const known = colours();
    const frame = (/** @type {Box} */ { row, column, high, wide }, /** @type {number} */ width) => {
      const place = /** @type {[number, number, number, number]} */ ([column * cell - width / 2, row * cell - width / 2, wide * cell + width, high * cell + width]);
      context.strokeStyle = known.paper; // a light edge: the frame is seen on ink, too
      context.lineWidth = width + 2;
      context.strokeRect(...place);
      context.strokeStyle = known.ink;
      context.lineWidth = width;
      context.strokeRect(...place);
    };
    if (group) frame(group, 1);
    frame(box, 2);
  }

  /** @param {PointerEvent} event */
  go(event) {
    const { rows, columns, box } = /** @type {State} */ (this.now);
    const place = this.canvas.getBoundingClientRect();
    this.tell(
      Math.round(((event.clientY - place.top) / place.height) * rows - box.high / 2),
      Math.round(((event.clientX - place.left) / place.width) * columns - box.wide / 2),
    );
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!(down || right) || !this.now?.reach) return;
    event.preventDefault();
    this.tell(this.now.box.row + down, this.now.box.column + right);
  }

  /** @param {number} row @param {number} column */
  tell(row, column) {
    const [rows, columns] = /** @type {number[]} */ (this.now?.reach);
    const inside = (/** @type {number} */ at, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, at));
    this.dispatchEvent(new CustomEvent("place", { detail: { row: inside(row, rows), column: inside(column, columns) } }));
  }
}

if (!customElements.get("nn-window")) customElements.define("nn-window", Window);
