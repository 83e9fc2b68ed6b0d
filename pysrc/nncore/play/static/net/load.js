/**
 * The network inside an exported page. `formats/page_model.py` writes it, and says what its bytes are:
 *
 *   base64 of gzip of: length of the header (4 bytes, the lowest first), header (JSON), the arrays
 *
 * Of the numbers of an array the first bytes stand together, then the second bytes, and so on: so they are
 * compressed better.
 */
import { networkOf, shaped } from "./forward.js";

/**
 * @typedef {import("./forward.js").Reals} Reals
 * @typedef {import("./forward.js").Network} Network
 * @typedef {import("./forward.js").Shaped | (Uint8Array<ArrayBuffer> & { shape: number[] })} Kept
 * @typedef {{ name: string, type: "float16" | "float32" | "uint8", shape: number[] }} Place
 */

/**
 * What a page holds.
 * @typedef {object} Content
 * @property {Network} net
 * @property {Record<string, any>} page  what the page shows besides, such as its title
 * @property {Map<string, Kept>} arrays  all arrays of the page, by name
 */

/**
 * This function reads what stands in the page's element.
 * @param {string} base64
 * @returns {Promise<Content>}
 */
export async function load(base64) {
  const bytes = await unpacked(base64);
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const arrays = arraysOf(header.arrays, bytes.subarray(4 + length));
  const named = (/** @type {string} */ name) =>
    [...arrays].filter(([each]) => each.startsWith(name)).map(([, array]) => /** @type {Reals} */ (array));
  const net = networkOf(header.description, named("weights_"), named("biases_"));
  return { net, page: header.page, arrays };
}

/**
 * This function returns the bytes that were compressed and written as base64.
 * @param {string} base64
 */
export async function unpacked(base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
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
  for (const { name, type, shape } of places) {
    const n = shape.reduce((product, side) => product * side, 1);
    const width = { float16: 2, float32: 4, uint8: 1 }[type];
    const numbers = joined(bytes.subarray(at, (at += n * width)), n, width);
    arrays.set(name, shaped(numbersOf(type, numbers), shape));
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
 */
function numbersOf(type, bytes) {
  if (type === "uint8") return bytes;
  return type === "float32" ? new Float32Array(bytes.buffer) : floatsOf(new Uint16Array(bytes.buffer));
}

/**
 * This function returns the numbers that 16 bits each stand for: a sign, 5 bits of exponent, 10 of fraction.
 * @param {Uint16Array} halves
 */
export function floatsOf(halves) {
  return Float32Array.from(halves, (bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    const size = exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14;
    return bits >> 15 ? -size : size; // neither infinity nor NaN is written
  });
}
