/**
 * A `Figure` is an element with a canvas in it. It is painted again when its size, the theme or one of its properties
 * changes: once, in the frame that is being made, however much has changed.
 */

import { themes } from "./colours.js";

export class Figure extends HTMLElement {
  constructor() {
    super();
    this.canvas = document.createElement("canvas");
    this.due = false;
    this.repaint = () => this.changed();
    this.sizes = new ResizeObserver(this.repaint);
  }

  connectedCallback() {
    if (this.canvas.parentElement !== this) this.prepend(this.canvas);
    themes.addEventListener("change", this.repaint);
    this.sizes.observe(this);
    this.changed();
  }

  disconnectedCallback() {
    themes.removeEventListener("change", this.repaint);
    this.sizes.disconnect();
  }

  changed() {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      if (this.isConnected) this.paint();
    });
  }

  /** Each figure says what it shows. */
  paint() {}
}
