/** Convolution, answered in the page as play/screens/convolution.py answers it: with two networks of the site. */

import { forward, shaped } from "../net/forward.js";
import { load as unpack } from "../net/load.js";
import { benchOf, exactOf } from "../numbers/bench.js";
import { reals } from "../numbers/checks.js";

const PIXELS = 784;

/** @param {import("../hosts/site.js").Site} site */
export async function answersOf({ load }) {
  const [bench, { net, page }] = await Promise.all([benchOf(load), load("filters").then(unpack)]);
  const exact = exactOf(net);
  const [layer, next] = net.layers;
  const [maps] = layer.shape;
  return {
    example: (/** @type {any} */ given) => bench.example(given),
    network: () => ({
      filters: shaped(/** @type {Float32Array<ArrayBuffer>} */ (layer.w), [maps, ...layer.window]), biases: layer.b, activation: layer.activation,
      shape: layer.shape, pooling: next.type === "MaxPool2D" ? next.window : null, ...page,
    }),
    forward: (/** @type {any} */ { pixels }) => {
      const x = Float32Array.from(reals("pixels", pixels, PIXELS, 0, 1));
      const [first, second] = forward(exact, x).layers;
      const outputs = (/** @type {import("../net/forward.js").Network} */ of) => {
        const { layers } = forward(of, x);
        return Float32Array.from(layers[layers.length - 1].a);
      };
      return {
        z: single(first.z), a: single(first.a), pooled: next.type === "MaxPool2D" ? single(second.a) : null,
        convolutional: outputs(net), dense: outputs(bench.net),
      };
    },
  };
}

/** Return numbers as float32. @param {import("../net/forward.js").Shaped | null} numbers */
const single = (numbers) => numbers && shaped(Float32Array.from(numbers), numbers.shape);
