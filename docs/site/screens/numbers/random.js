/**
 * NumPy's random numbers: what `np.random.default_rng(seed)` draws, so that points and first weights are those that
 * the core takes. The generator is PCG64 (M. O'Neill, "PCG: A family of simple fast space-efficient statistically good
 * algorithms for random number generation", 2014), its seed is spread by a SeedSequence, and normal numbers are drawn by
 * the ziggurat method (G. Marsaglia and W. Tsang, "The ziggurat method for generating random variables", 2000).
 */

const LOW = (1n << 64n) - 1n;
const ALL = (1n << 128n) - 1n;
const MULTIPLIER = (2549297995355413924n << 64n) | 4865540595714422341n;
const POOL = 4;

/** Return the 32-bit words of a seed, spread as a SeedSequence does. @param {number | bigint} seed @param {number} words */
function spread(seed, words) {
  const given = /** @type {number[]} */ ([]);
  for (let rest = BigInt(seed); rest > 0n || !given.length; rest >>= 32n) given.push(Number(rest & 0xffffffffn));
  let factor = 0x43b0d7e5;
  const hashed = (/** @type {number} */ value) => {
    const before = value ^ factor;
    factor = Math.imul(factor, 0x931e8875);
    const product = Math.imul(before, factor);
    return product ^ (product >>> 16);
  };
  const mixed = (/** @type {number} */ one, /** @type {number} */ other) => {
    const sum = (Math.imul(0xca01f9dd, one) - Math.imul(0x4973f715, other)) | 0;
    return sum ^ (sum >>> 16);
  };
  const pool = Array.from({ length: POOL }, (_, k) => hashed(given[k] ?? 0));
  for (let from = 0; from < POOL; from++) {
    for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mixed(pool[to], hashed(pool[from]));
  }
  for (const more of given.slice(POOL)) for (let to = 0; to < POOL; to++) pool[to] = mixed(pool[to], hashed(more));
  let other = 0x8b51f9dd;
  return Array.from({ length: words }, (_, k) => {
    const before = pool[k % POOL] ^ other;
    other = Math.imul(other, 0x58f38ded);
    const product = Math.imul(before, other);
    return (product ^ (product >>> 16)) >>> 0;
  });
}

const STRIPS = 256;
const EDGE = 3.6541528853610087963519472518; // where the last strip begins
const AREA = 0.00492867323397465524494; // of each strip
const UNIT = 2 ** -52;

/** The ziggurat: of each strip its width, its height, and the share of its width below which a number is taken at once. */
const ZIGGURAT = (() => {
  const [width, height, inside] = [new Float64Array(STRIPS), new Float64Array(STRIPS), new Float64Array(STRIPS)];
  const density = (/** @type {number} */ x) => Math.exp(-0.5 * x * x);
  let x = EDGE;
  width[STRIPS - 1] = x * UNIT;
  height[STRIPS - 1] = density(x);
  inside[0] = Math.floor((x * density(x)) / AREA / UNIT);
  width[0] = (AREA / density(x)) * UNIT;
  height[0] = 1;
  for (let strip = STRIPS - 2; strip > 0; strip--) {
    const next = Math.sqrt(-2 * Math.log(AREA / x + density(x)));
    inside[strip + 1] = Math.floor(next / x / UNIT);
    width[strip] = next * UNIT;
    height[strip] = density(next);
    x = next;
  }
  return { width, height, inside };
})();

/** `np.random.default_rng(seed)`. */
export class Random {
  /** @param {number | bigint} seed */
  constructor(seed) {
    const words = spread(seed, 8).map(BigInt);
    const [a, b, c, d] = [0, 2, 4, 6].map((k) => words[k] | (words[k + 1] << 32n));
    this.increment = ((((c << 64n) | d) << 1n) | 1n) & ALL;
    this.state = this.increment;
    this.state = (this.state + ((a << 64n) | b)) & ALL;
    this.advance();
    /** @type {number | null} The second half of a number of which 32 bits were drawn. */
    this.half = null;
  }

  advance() {
    this.state = (this.state * MULTIPLIER + this.increment) & ALL;
  }

  /** Return 64 random bits. */
  bits() {
    this.advance();
    const turn = this.state >> 122n;
    const folded = (this.state >> 64n) ^ (this.state & LOW);
    return ((folded >> turn) | (folded << ((64n - turn) & 63n))) & LOW;
  }

  /** Return 32 random bits. */
  word() {
    if (this.half !== null) {
      const kept = this.half;
      this.half = null;
      return kept;
    }
    const bits = this.bits();
    this.half = Number(bits >> 32n);
    return Number(bits & 0xffffffffn);
  }

  /** Return a number from 0 to 1. */
  share() {
    return Number(this.bits() >> 11n) * 2 ** -53;
  }

  /** Return n numbers from `low` to `high`. @param {number} low @param {number} high @param {number} n */
  uniform(low, high, n) {
    return Float64Array.from({ length: n }, () => low + (high - low) * this.share());
  }

  /** Return n normal numbers. @param {number} n */
  normal(n) {
    return Float64Array.from({ length: n }, () => this.oneNormal());
  }

  oneNormal() {
    const { width, height, inside } = ZIGGURAT;
    for (;;) {
      const bits = this.bits();
      const strip = Number(bits & 0xffn);
      const size = Number((bits >> 9n) & 0xfffffffffffffn);
      const x = (bits & 0x100n ? -1 : 1) * size * width[strip];
      if (size < inside[strip]) return x;
      if (strip === 0) return this.tail(bits);
      const at = (height[strip - 1] - height[strip]) * this.share() + height[strip];
      if (at < Math.exp(-0.5 * x * x)) return x;
    }
  }

  /** Return a number beyond the last strip. @param {bigint} bits They say its sign. */
  tail(bits) {
    for (;;) {
      const beyond = -Math.log1p(-this.share()) / EDGE;
      const other = -Math.log1p(-this.share());
      if (other + other > beyond * beyond) return (bits >> 17n) & 1n ? -(EDGE + beyond) : EDGE + beyond;
    }
  }

  /** Return a whole number from 0 to `most`, below 2^31: as many bits are drawn as it has, until they are not above it.
   * @param {number} most */
  upTo(most) {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const drawn = this.word() & mask;
      if (drawn <= most) return drawn;
    }
  }

  /** Return the numbers 0 to n - 1 in a random order. @param {number} n */
  permutation(n) {
    const order = Array.from({ length: n }, (_, k) => k);
    for (let k = n - 1; k > 0; k--) {
      const other = this.upTo(k);
      [order[k], order[other]] = [order[other], order[k]];
    }
    return order;
  }
}
