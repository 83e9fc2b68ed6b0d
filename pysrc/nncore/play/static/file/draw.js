/** The page of a network that reads drawings: the screen Draw, and test images below it. */

import draw from "../screens/draw.js";
import { showGallery } from "../parts/gallery.js";
import { showScreen } from "./page.js";

/** @param {Uint8Array<ArrayBuffer>} bytes */
export function show(bytes) {
  const { model, content } = showScreen(draw, bytes);
  showGallery(content, model, /** @type {HTMLElement} */ (document.querySelector("#gallery")));
}
