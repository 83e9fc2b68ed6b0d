/** The six steps from a photo to digits as a network gets them. */

import { html, nothing } from "../../vendor/lit-html.js";
import "./step.js";

/** @typedef {import("./step.js").Bytes} Bytes */

/** @type {WeakMap<Uint8Array, Bytes>} */
const known = new WeakMap();

/** Return bytes as a picture, always the same for the same bytes. @param {Uint8Array & { shape?: number[] }} bytes @param {"grey" | "ink"} scale */
function whole(bytes, scale) {
  const [rows, columns] = bytes.shape ?? [28, 28];
  const picture = known.get(bytes) ?? { bytes, rows, columns, scale };
  known.set(bytes, picture);
  return picture;
}

/** @type {WeakMap<Uint8Array, Map<number, Bytes>>} */
const parts = new WeakMap();

/** Return one of several square pictures. @param {Uint8Array} bytes @param {number} k @param {number} side */
function one(bytes, k, side) {
  if (!parts.has(bytes)) parts.set(bytes, new Map());
  const each = /** @type {Map<number, Bytes>} */ (parts.get(bytes));
  const picture = each.get(k) ?? { bytes: bytes.subarray(side * side * k, side * side * (k + 1)), rows: side, columns: side, scale: "ink" };
  each.set(k, picture);
  return picture;
}

/** @param {import("../handwriting.js").Sheet} sheet @param {number} chosen The digit that the last two steps show. */
export function steps({ steps: { grey, ink, threshold }, boxes, small, images, centres }, chosen) {
  const photo = whole(grey, "grey");
  const marks = { boxes, chosen };
  const centre = [...centres.subarray(2 * chosen, 2 * chosen + 2)];
  return html`<div class="steps">
    ${step("1  Photo", photo, {})}
    ${ink && threshold ? html`${step("2  Light removed", whole(ink, "ink"), {})}${step("3  Threshold", whole(threshold, "ink"), {})}`
      : html`<p class="cap already">It is in the form of MNIST’s digits already, and read as it is.</p>`}
    ${threshold ? step("4  Boxes", whole(threshold, "ink"), marks) : nothing}
    ${step(`5  Digit ${chosen + 1} in 20 × 20`, one(small, chosen, 20), { frame: 20 })}
    ${step("6  Centre of mass", one(images, chosen, 28), { frame: 20, centre })}
  </div>`;
}

/** @param {string} name @param {Bytes} picture @param {import("./step.js").Marks} marks */
function step(name, picture, marks) {
  return html`<figure><nn-step role="img" aria-label=${name} .picture=${picture} .marks=${marks}></nn-step><figcaption>${name}</figcaption></figure>`;
}
