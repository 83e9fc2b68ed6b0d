/** The points of `nn.datasets.toy`: the same ones, for the same seed. */

import { Random } from "./random.js";

/** Where a point of class y lies without noise, t from 0 to 1 along its shape. @type {Record<string, (y: number, t: number, pair: number) => [number, number]>} */
const SHAPES = {
  xor: (y, t, pair) => [pair % 2, (pair % 2) ^ y],
  circles: (y, t) => {
    const angle = 2 * Math.PI * t;
    return [(1 - 0.5 * y) * Math.cos(angle), (1 - 0.5 * y) * Math.sin(angle)];
  },
  moons: (y, t) => {
    const angle = Math.PI * t;
    return y ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)];
  },
  spirals: (y, t) => {
    const [angle, radius] = [2 * Math.PI * t + Math.PI * y, 0.1 + 0.9 * t];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
};

export const NAMES = Object.keys(SHAPES);

/** Return n points in the plane, (n, 2), and their classes. @param {string} name @param {number} n @param {number} noise @param {number} seed */
export function toy(name, n, noise, seed) {
  const random = new Random(seed);
  const most = Math.max(1, Math.floor((n + 1) / 2) - 1);
  const X = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const pair = Math.floor(k / 2);
    X.set(SHAPES[name](k % 2, pair / most, pair), 2 * k);
  }
  const moved = random.normal(2 * n).map((each, k) => X[k] + noise * each);
  const order = random.permutation(n);
  return {
    points: Float32Array.from({ length: 2 * n }, (_, k) => moved[2 * order[k >> 1] + (k & 1)]),
    labels: Uint8Array.from(order, (k) => k % 2),
  };
}
