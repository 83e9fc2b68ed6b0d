/** What the screens of the site share: a network, trained when the site was made, and test digits. */

import { shaped } from "../net/forward.js";
import { load as unpack } from "../net/load.js";

const THUMBNAILS = 2; // of each class

/** A `Bench` has what a `Workbench` of `nncore play` has. */
export class Bench {
  /** @param {import("../net/load.js").Content} content */
  constructor({ net, page, arrays }) {
    this.net = net;
    /** @type {import("../net/forward.js").Network | null} */
    this.known = null;
    this.description = page;
    this.images = /** @type {Uint8Array} */ (arrays.get("images") ?? new Uint8Array(0));
    this.labels = Uint8Array.from(arrays.get("labels") ?? []);
    this.size = this.labels.length ? this.images.length / this.labels.length : 0;
  }

  /** The same network in float64. @returns {import("../net/forward.js").Network} */
  get exact() {
    this.known ??= exactOf(this.net);
    return this.known;
  }

  /** Return the description of the network, each layer with its parameters. */
  network() {
    const layers = this.net.layers.map(({ w, b }, l) => {
      const said = this.description.layers[l];
      return { ...said, weights: w && shaped(w, said.weight_shape), biases: b };
    });
    return { ...this.description, layers };
  }

  /** Return the bytes of a test digit. @param {number} index */
  image(index) {
    return this.images.slice(index * this.size, (index + 1) * this.size);
  }

  /** Return the first test digits of each class. */
  examples() {
    const { labels, size } = this;
    const all = [...labels.keys()];
    const classes = [...new Set(labels)].sort((one, other) => one - other);
    const indices = classes.flatMap((label) => all.filter((at) => labels[at] === label).slice(0, THUMBNAILS));
    const images = new Uint8Array(indices.length * size);
    indices.forEach((index, at) => images.set(this.image(index), at * size));
    return {
      indices: Int32Array.from(indices),
      images: shaped(images, [indices.length, size]),
      labels: Uint8Array.from(indices, (index) => labels[index]),
    };
  }

  /** Return the next test digit behind one, of a class or of any; after the last comes the first.
   * @param {{ label?: number | null, after?: number | null }} given */
  example({ label = null, after = null }) {
    const { labels } = this;
    const all = [...labels.keys()].filter((at) => label === null || labels[at] === label);
    if (!all.length) throw new RangeError(`label: a class of the test digits needed, got ${label}`);
    const index = all.find((at) => at > (after ?? -1)) ?? all[0];
    return { index, pixels: this.image(index), label: labels[index] };
  }
}

/** Return a network in float64. @param {import("../net/forward.js").Network} net @returns {import("../net/forward.js").Network} */
export function exactOf(net) {
  const layers = net.layers.map((layer) => ({ ...layer, w: layer.w && Float64Array.from(layer.w), b: layer.b && Float64Array.from(layer.b) }));
  return { ...net, layers };
}

/** Return the bench with the network that `nncore play` opens. @param {import("../hosts/site.js").Site["load"]} load */
export async function benchOf(load) {
  return new Bench(unpack(await load("digits")));
}
