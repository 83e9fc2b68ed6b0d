/** The same in Python: at most six lines that do what the screen shows. */

import { html } from "../vendor/lit-html.js";
import { copy, say } from "./head.js";

/** @param {string} lines */
export function same(lines) {
  return html`<div class="same"><h3>The same in Python</h3><button class="btn" @click=${async (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    await copy(lines);
    say(button, "Copied");
  }}>Copy</button><pre tabindex="0" data-python>${lines}</pre></div>`;
}
