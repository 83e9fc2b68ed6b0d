/** The weights of a layer as the screen Train shows them, as play/weight_pictures.py makes them. */

import { shaped } from "../net/forward.js";

const MOST_PICTURES = 30;
const BINS = 60;
const TOP = 127;
const UNIT = 0.5; // maxima are this times a power of two
const SAMPLE = 5000; // weights, evenly spaced, tell their size as well as all
const NEARLY_ALL = 0.995;
const SHARE = 0.8;

/** A maximum that does not follow the weights: it doubles, or it halves. */
class Scale {
  value = 0;

  /** @param {number} size */
  fit(size) {
    if (!Number.isFinite(size)) return this.value || UNIT;
    let value = this.value || UNIT / 1024;
    while (value < size) value *= 2;
    while (value > UNIT / 1024 && size < 0.4 * value) value /= 2;
    this.value = value;
    return value;
  }
}

/** Return the size that nearly all weights do not exceed. @param {Float32Array} w */
function bound(w) {
  const every = Math.max(1, Math.floor(w.length / SAMPLE));
  const sizes = Float32Array.from({ length: Math.ceil(w.length / every) }, (_, at) => Math.abs(w[at * every])).sort();
  return sizes[Math.floor(NEARLY_ALL * (sizes.length - 1))];
}

/** Return x, rounded to the nearest whole number; of two that are as near, to the even one. @param {number} x */
function rounded(x) {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 ? below + 1 : below;
}

/** Return how many weights lie in each of 60 equal parts of [-most, most), and how many beyond. @param {Float32Array} w @param {number} most */
function histogram(w, most) {
  const inside = new Int32Array(BINS);
  const factor = Math.fround(BINS / (2 * most));
  let counted = 0;
  for (let at = 0; at < w.length; at++) {
    const part = Math.fround(Math.fround(w[at] + most) * factor);
    const bin = Math.trunc(Math.max(-1, Math.min(BINS, part)) + 1) - 1;
    if (bin < 0 || bin >= BINS) continue;
    inside[bin] += 1;
    counted += 1;
  }
  return { inside, beyond: w.length - counted };
}

export class WeightPictures {
  /** @param {Float32Array} first The weights at the start, (n_out, n_in). */
  constructor(first) {
    this.first = first;
    this.scale = new Scale();
    this.width = new Scale();
    this.start = { wide: 0, counts: new Int32Array(BINS) };
  }

  /** Return the pictures of at most 30 neurons, and the histograms of all weights. @param {Float32Array} w @param {number} columns */
  of(w, columns) {
    const size = bound(w);
    const [most, wide] = [this.scale.fit(SHARE * size), this.width.fit(size)];
    if (this.start.wide !== wide) this.start = { wide, counts: histogram(this.first, wide).inside };
    const { inside, beyond } = histogram(w, wide);
    const shown = Math.min(MOST_PICTURES, w.length / columns);
    const factor = Math.fround(TOP / most);
    const bytes = Int8Array.from(w.subarray(0, shown * columns), (each) => rounded(Math.max(-TOP, Math.min(TOP, Math.fround(each * factor)))));
    const rows = Array.from({ length: shown }, (_, j) => w.subarray(j * columns, (j + 1) * columns));
    return {
      neurons: w.length / columns, weights: shaped(bytes, [shown, columns]), scale: most, top: TOP,
      least: Float32Array.from(rows, (row) => row.reduce((one, other) => Math.min(one, other))),
      most: Float32Array.from(rows, (row) => row.reduce((one, other) => Math.max(one, other))),
      histogram: { now: inside, start: this.start.counts, range: wide, beyond },
    };
  }
}
