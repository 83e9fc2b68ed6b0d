/** Mistakes, answered in the page as play/screens/mistakes.py answers it, for the test digits that the site has. */

import { forward, largestOf, shaped, sizeOf } from "../net/forward.js";
import { onPrincipalAxes } from "../numbers/axes.js";
import { benchOf } from "../numbers/bench.js";
import { whole } from "../numbers/checks.js";

const CLASSES = 10;

/** @param {import("../hosts/site.js").Site} site */
export async function answersOf({ load }) {
  const bench = await benchOf(load);
  const { labels, net, images } = bench;
  const n = labels.length;
  const layers = [sizeOf(net.inputShape), ...net.layers.map(({ shape }) => sizeOf(shape))];
  const x = Array.from(labels, (_, at) => Float32Array.from(bench.image(at), (byte) => byte / 256));
  /** @type {Map<number, { points: Float32Array, shares: number[] }>} */
  const maps = new Map();
  return {
    answers: () => {
      const outputs = new Float32Array(n * CLASSES);
      x.forEach((digit, at) => outputs.set(forward(net, digit).layers[net.layers.length - 1].a, at * CLASSES));
      const answers = Uint8Array.from(labels, (_, at) => largestOf(outputs.subarray(at * CLASSES, (at + 1) * CLASSES)));
      const counts = new Int32Array(CLASSES * CLASSES);
      labels.forEach((label, at) => { counts[label * CLASSES + answers[at]] += 1; });
      const surest = (/** @type {number} */ at) => outputs[at * CLASSES + answers[at]];
      const order = [...labels.keys()].sort((one, other) => surest(other) - surest(one));
      const isRight = (/** @type {number} */ at) => labels[at] === answers[at];
      return {
        counts: shaped(counts, [CLASSES, CLASSES]), labels, answers, outputs: shaped(outputs, [n, CLASSES]), images: shaped(images, [n, layers[0]]),
        worst: Int32Array.from(order.filter((at) => !isRight(at))), right: Int32Array.from(order.filter(isRight).reverse()), layers,
      };
    },
    map: (/** @type {any} */ { layer }) => {
      const at = whole("layer", layer, 1, layers.length);
      let found = maps.get(at);
      if (!found) {
        const rows = x.map((digit) => {
          if (at === 1) return Float64Array.from(digit);
          return Float64Array.from(Float32Array.from(forward(bench.exact, digit).layers[at - 2].a));
        });
        const { points, shares } = onPrincipalAxes(rows);
        found = { points: shaped(Float32Array.from(points), [n, 2]), shares };
        maps.set(at, found);
      }
      return found;
    },
  };
}
