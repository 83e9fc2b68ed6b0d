/**
 * The network inside an exported page. `formats/page_model.py` writes it, and says what its bytes are:
 *
 *   length of the header (4 bytes, the lowest first), header (JSON), the arrays one after the other
 *
 * Of the numbers of an array the first bytes stand together, then the second bytes, and so on: so they are
 * compressed better. Numbers of int16 are multiples of a unit.
 */
import { networkOf, shaped } from "./forward.js";

/**
 * @typedef {import("./forward.js").Reals} Reals
 * @typedef {import("./forward.js").Network} Network
 * @typedef {import("./forward.js").Shaped | (Uint8Array<ArrayBuffer> & { shape: number[] })} Kept
 * @typedef {{ name: string, type: "int16" | "float32" | "uint8", shape: number[], unit?: number }} Place
 */

/**
 * What a page holds.
 * @typedef {object} Content
 * @property {Network} net
 * @property {Record<string, any>} page  what the page shows besides, such as its title
 * @property {Map<string, Kept>} arrays  all arrays of the page, by name
 */

/**
 * This function reads the bytes of a network.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Content}
 */
export function load(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const arrays = arraysOf(header.arrays, bytes.subarray(4 + length));
  const named = (/** @type {string} */ name) =>
    [...arrays].filter(([each]) => each.startsWith(name)).map(([, array]) => /** @type {Reals} */ (array));
  const net = networkOf(header.description, named("weights_"), named("biases_"));
  return { net, page: header.page, arrays };
}

/**
 * This function takes the arrays out of the bytes, in the order in which the header names them.
 * @param {Place[]} places
 * @param {Uint8Array} bytes
 * @returns {Map<string, Kept>}
 */
function arraysOf(places, bytes) {
  /** @type {Map<string, Kept>} */
  const arrays = new Map();
  let at = 0;
  for (const { name, type, shape, unit = 1 } of places) {
    const n = shape.reduce((product, side) => product * side, 1);
    const width = { int16: 2, float32: 4, uint8: 1 }[type];
    const numbers = joined(bytes.subarray(at, at + n * width), n, width);
    at += n * width;
    arrays.set(name, shaped(numbersOf(type, numbers, unit), shape));
  }
  return arrays;
}

/**
 * This function puts the bytes of each number side by side again.
 * @param {Uint8Array} apart
 * @param {number} n
 * @param {number} width  bytes of a number
 */
function joined(apart, n, width) {
  const bytes = new Uint8Array(n * width);
  for (let i = 0; i < n; i++) for (let k = 0; k < width; k++) bytes[i * width + k] = apart[k * n + i];
  return bytes;
}

/**
 * @param {Place["type"]} type
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} unit
 */
function numbersOf(type, bytes, unit) {
  if (type === "uint8") return bytes;
  if (type === "float32") return new Float32Array(bytes.buffer);
  return Float32Array.from(new Int16Array(bytes.buffer), (count) => count * unit);
}
