/** The test digits that a page holds, each with the network's answer. A click puts one on the pad. */

import "../lib/pictures.js";
import { largestOf, output } from "../net/forward.js";
import { html, nothing, render } from "../vendor/lit-html.js";

/**
 * Show the test digits of a page in an element, or nothing where the page holds none.
 * @param {import("../net/load.js").Content} content
 * @param {import("../lib/model.js").Model} model
 * @param {HTMLElement} el
 */
export function showGallery({ net, page, arrays }, model, el) {
  const images = arrays.get("images");
  const labels = Array.from(arrays.get("labels") ?? []);
  if (!images || !labels.length) return;
  const size = images.length / labels.length;
  const digits = labels.map((label, at) => {
    const pixels = Float32Array.from(images.subarray(at * size, (at + 1) * size), (byte) => byte / 256);
    return { at, label, pixels, answer: largestOf(output(net, pixels).a) };
  });
  const right = digits.filter(({ label, answer }) => label === answer).length;
  const show = () => render(view(digits, right), el);

  /** @param {typeof digits} shown @param {number} count */
  function view(shown, count) {
    const chosen = model.get("digit");
    return html`<div class="lab"><h3>${labels.length} test images</h3>
        <span class="cap" data-right=${count}>${count} of ${labels.length} right</span></div>
      <div class="gallery">${shown.map(({ at, label, pixels, answer }) => html`<button
        class=${at === chosen ? "on" : ""} data-answer=${answer} data-label=${label}
        aria-label=${`A ${page.classes[label]}; the network answers ${page.classes[answer]}`} @click=${() => choose(at)}>
        <nn-picture .values=${pixels}></nn-picture><span class=${answer === label ? "cap dim" : "cap wrong"}>${
          page.classes[answer]}${answer === label ? nothing : html`, not ${page.classes[label]}`}</span></button>`)}</div>`;
  }

  /** @param {number} at */
  function choose(at) {
    model.set("strokes", []);
    model.set("digit", at);
    model.save_changes();
    document.querySelector("#stage")?.scrollIntoView({ block: "start" });
  }

  model.on("change:digit", show);
  show();
}
