/**
 * The core's order of the examples in an epoch, drawn from (seed, epoch) alone, as `shuffled` of net/train.js gives it.
 * That computes with whole numbers of any size; here a number of 64 bits is two of 32, which is fifty times as fast. It
 * pays where an epoch is short.
 */

/** The number that is scrambled: its upper and its lower 32 bits. */
const now = { high: 0, low: 0 };

/** @param {number} high @param {number} low */
function set(high, low) {
  now.high = high >>> 0;
  now.low = low >>> 0;
}

/** x <- x ^ (x >> by), with `by` below 32. @param {number} by */
function fold(by) {
  const { high, low } = now;
  set(high ^ (high >>> by), low ^ ((low >>> by) | (high << (32 - by))));
}

/** x <- x * other, modulo 2^64. @param {number} high @param {number} low */
function multiply(high, low) {
  const [a0, a1, b0, b1] = [now.low & 0xffff, now.low >>> 16, low & 0xffff, low >>> 16];
  const middle = a0 * b1 + a1 * b0 + Math.floor((a0 * b0) / 65536);
  const carried = a1 * b1 + Math.floor(middle / 65536);
  set(carried + Math.imul(now.high, low) + Math.imul(now.low, high), Math.imul(now.low, low));
}

/** x <- x + other, modulo 2^64. @param {number} high @param {number} low */
function add(high, low) {
  const sum = now.low + low;
  set(now.high + high + (sum > 0xffffffff ? 1 : 0), sum);
}

/** Scramble the bits: the last step of the generator SplitMix64. */
function mix() {
  fold(30);
  multiply(0xbf58476d, 0x1ce4e5b9);
  fold(27);
  multiply(0x94d049bb, 0x133111eb);
  fold(31);
}

/**
 * Return the order of n examples in an epoch.
 * @param {number} n Below 2^21. @param {number} seed A whole number below 2^53. @param {number} epoch 0 for the first.
 */
export function shuffled(n, seed, epoch) {
  set(Math.floor(seed / 2 ** 32), seed);
  mix();
  add(Math.floor(epoch / 2 ** 32), epoch >>> 0);
  mix();
  mix();
  const { high, low } = now;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    set(0, i);
    multiply(0x9e3779b9, 0x7f4a7c15);
    add(high, low);
    mix();
    const j = Math.floor((now.high * (i + 1)) / 2 ** 32);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}
