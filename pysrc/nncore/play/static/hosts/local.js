/**
 * The model of a screen in a page that is one file: its state lies in memory, and the questions of Draw are
 * answered in JavaScript, by net/forward.js, as `screens/draw.py` answers them by the core.
 */

import { packed, unpacked } from "../lib/core.js";
import { State } from "../lib/model.js";
import { forward, largestOf, shaped, weightShape } from "../net/forward.js";

/** @typedef {import("../net/load.js").Content} Content */

const KINDS = { Dense: "dense", Softmax: "dense", Conv2D: "convolution", MaxPool2D: "pooling" };

export class LocalModel extends State {
  /**
   * @param {Content} content @param {Record<string, unknown>} state
   * @param {import("../lib/model.js").Host} [host]
   */
  constructor(content, state, host) {
    super(state);
    this.answers = answersOf(content);
    this.host = host;
  }

  /** @param {any} content @param {unknown} [callbacks] @param {ArrayBufferLike[]} [buffers] */
  send(content, callbacks, buffers = []) {
    if (!("ask" in content)) return;
    const reply = packed(this.reply(content, /** @type {ArrayBuffer[]} */ (buffers)));
    queueMicrotask(() => this.tell("msg:custom", reply.content, reply.buffers));
  }

  /** @param {{ id: number, ask: string, with: unknown }} question @param {ArrayBuffer[]} buffers */
  reply({ id, ask, with: given }, buffers) {
    try {
      const answer = this.answers[ask];
      if (!answer) throw new RangeError(`This page does not answer "${ask}"; nncore play does.`);
      return { id, answer: answer(unpacked(given, buffers)) };
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

/**
 * Return the answers to the questions of Draw, by name.
 * @param {Content} content @returns {Record<string, (given: any) => unknown>}
 */
export function answersOf({ net, page, arrays }) {
  const images = /** @type {Uint8Array} */ (arrays.get("images") ?? new Uint8Array(0));
  const labels = Array.from(arrays.get("labels") ?? []);
  const size = labels.length ? images.length / labels.length : 0;
  const image = (/** @type {number} */ at) => images.slice(at * size, (at + 1) * size);
  return {
    network: () => ({ ...page, layers: net.layers.map(described) }),
    forward: ({ pixels }) => {
      const start = performance.now();
      const { layers } = forward(net, pixels);
      const answer = largestOf(layers[layers.length - 1].a);
      return { layers, answer, seconds: (performance.now() - start) / 1000 };
    },
    examples: () => {
      const indices = thumbnails(labels);
      const shown = new Uint8Array(indices.length * size);
      indices.forEach((index, at) => shown.set(image(index), at * size));
      return {
        indices: Int32Array.from(indices),
        images: shaped(shown, [indices.length, size]),
        labels: Uint8Array.from(indices, (index) => labels[index]),
      };
    },
    example: ({ label = null, after = null }) => {
      const all = [...labels.keys()].filter((at) => label === null || labels[at] === label);
      if (!all.length) throw new RangeError(`This page holds no test digit ${label ?? ""}.`);
      const index = all.find((at) => at > (after ?? -1)) ?? all[0];
      return { index, pixels: image(index), label: labels[index] };
    },
  };
}

/** Return the places of two test digits of each class, in order. @param {number[]} labels */
function thumbnails(labels) {
  const classes = [...new Set(labels)].sort((one, other) => one - other);
  return classes.flatMap((label) => [...labels.keys()].filter((at) => labels[at] === label).slice(0, 2));
}

/** Return a layer as the question "network" does. @param {import("../net/forward.js").Layer} layer */
function described(layer) {
  return {
    kind: KINDS[layer.type],
    shape: layer.shape,
    before: layer.before,
    activation: layer.activation,
    size: layer.window.length ? layer.window : null,
    weights: layer.w && shaped(layer.w, weightShape(layer.described, layer.before) ?? []),
    biases: layer.b,
  };
}
