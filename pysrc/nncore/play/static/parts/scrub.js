/**
 * `<nn-scrub>` is a number that one drags: 4 pixels are a step. Arrows take a step, with Shift ten; Home and a double
 * click give the first value; a digit opens a field. It tells of a new value by the event "value".
 *
 * Properties: `value`, `first`, `step`, `decimals`, `least`, `most`, `name`, `plus` (a number above 0 is shown with its sign).
 */

import { fixed, parsed, signed } from "../lib/numbers.js";

export class Scrub extends HTMLElement {
  constructor() {
    super();
    this.kept = 0;
    /** @type {number | null} */
    this.first = null;
    this.step = 0.01;
    this.decimals = 2;
    this.least = -Infinity;
    this.most = Infinity;
    this.name = "";
    this.plus = false;
    /** @type {{ x: number, value: number } | null} */
    this.held = null;
    this.addEventListener("pointerdown", this.hold);
    this.addEventListener("pointermove", this.drag);
    this.addEventListener("pointerup", () => { this.held = null; });
    this.addEventListener("pointercancel", () => { this.held = null; });
    this.addEventListener("dblclick", () => this.put(this.first ?? this.kept));
    this.addEventListener("keydown", this.press);
  }

  connectedCallback() {
    this.classList.add("scrub");
    this.tabIndex = 0;
    this.setAttribute("role", "spinbutton");
    if (this.name) this.setAttribute("aria-label", this.name);
    this.draw();
  }

  /** @param {number} value */
  set value(value) {
    this.first ??= value;
    this.kept = value;
    if (this.isConnected && !this.querySelector("input")) this.draw();
  }

  get value() {
    return this.kept;
  }

  /** Take the step nearest to a value. @param {number} value */
  put(value) {
    const decimals = Math.max(0, Math.ceil(-Math.log10(this.step)) + 2);
    const near = Number((Math.round(value / this.step) * this.step).toFixed(decimals));
    const kept = Math.max(this.least, Math.min(this.most, near));
    if (kept === this.kept) return;
    this.kept = kept;
    this.draw();
    this.dispatchEvent(new CustomEvent("value", { detail: kept, bubbles: true }));
  }

  draw() {
    this.textContent = (this.plus ? signed : fixed)(this.kept, this.decimals);
    this.setAttribute("aria-valuenow", String(this.kept));
    if (Number.isFinite(this.least)) this.setAttribute("aria-valuemin", String(this.least));
    if (Number.isFinite(this.most)) this.setAttribute("aria-valuemax", String(this.most));
  }

  /** @param {PointerEvent} event */
  hold(event) {
    if (this.querySelector("input")) return;
    this.setPointerCapture(event.pointerId);
    this.held = { x: event.clientX, value: this.kept };
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (this.held) this.put(this.held.value + Math.round((event.clientX - this.held.x) / 4) * this.step);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (this.querySelector("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (direction) this.put(this.kept + direction * this.step * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") this.put(this.first ?? this.kept);
    else if (/^[0-9.\-]$/.test(event.key)) this.type(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Open a field that begins with what was typed. @param {string} begun */
  type(begun) {
    const field = Object.assign(document.createElement("input"), { value: begun, inputMode: "decimal" });
    field.setAttribute("aria-label", this.name);
    this.replaceChildren(field);
    field.focus();
    let open = true;
    const close = (/** @type {boolean} */ keep) => {
      if (!open) return;
      open = false;
      const value = parsed(field.value);
      this.draw();
      if (keep && Number.isFinite(value)) this.put(value);
    };
    field.onblur = () => close(true);
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") {
        close(event.key === "Enter");
        this.focus();
      }
    };
  }
}

if (!customElements.get("nn-scrub")) customElements.define("nn-scrub", Scrub);
