/** The keys of the two scales: what a colour means. */

import { html } from "../vendor/lit-html.js";
import { typed } from "../lib/numbers.js";

/** @param {string} name @param {number} max */
export const signedKey = (name, max) =>
  html`<span class="key">${name} <b>${typed(-max)}</b><i></i><b>+${typed(max)}</b></span>`;

/** @param {string} name */
export const activationKey = (name) => html`<span class="key">${name} <b>0</b><i class="a"></i><b>1</b></span>`;
