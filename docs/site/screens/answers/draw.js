/** Draw, answered in the page as play/screens/draw.py answers it. */

import { benchOf } from "../numbers/bench.js";
import { forward, largestOf } from "../net/forward.js";

/** @param {import("../hosts/site.js").Site} site */
export async function answersOf({ load }) {
  const bench = await benchOf(load);
  return {
    network: () => bench.network(),
    examples: () => bench.examples(),
    example: (/** @type {any} */ given) => bench.example(given),
    forward: (/** @type {{ pixels: Float32Array }} */ { pixels }) => {
      const start = performance.now();
      const { layers } = forward(bench.net, pixels);
      const answer = largestOf(layers[layers.length - 1].a);
      return { layers, answer, seconds: (performance.now() - start) / 1000 };
    },
  };
}
