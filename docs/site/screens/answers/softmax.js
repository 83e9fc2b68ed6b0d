/** Softmax, answered in the page as play/screens/softmax.py answers it. */

import { forward, shaped, sigmoid, softmax } from "../net/forward.js";
import { benchOf } from "../numbers/bench.js";
import { real } from "../numbers/checks.js";

const TEMPERATURES = /** @type {const} */ ([0.05, 100]);

/** @param {import("../hosts/site.js").Site} site */
export async function answersOf({ load }) {
  const bench = await benchOf(load);
  return {
    network: () => bench.description,
    example: (/** @type {any} */ given) => bench.example(given),
    outputs: (/** @type {{ pixels: Float32Array, temperature?: unknown }} */ { pixels, temperature = 1 }) => {
      const heat = real("temperature", temperature, ...TEMPERATURES);
      const { layers } = forward(bench.exact, pixels);
      const z = Float64Array.from(/** @type {Float64Array} */ (layers[layers.length - 1].z));
      const shares = z.map((each) => each / heat);
      softmax(shares);
      return { z: shaped(z, [z.length]), sigmoid: z.map(sigmoid), softmax: shares, own: bench.net.layers[bench.net.layers.length - 1].activation };
    },
  };
}
