/** The cost over the epochs, thinned so that it never has more than some hundred points. */

/** @typedef {import("../../parts/curve.js").Series} Series */

const MOST = 400;

export class History {
  constructor() {
    /** @type {[number, number][]} */
    this.these = [];
    /** @type {[number, number][]} */
    this.others = [];
    this.epochs = 100; // the end of the axis
    this.most = 0;
  }

  /** @param {number} epoch @param {number} cost @param {number | undefined} other The cost on other points. */
  add(epoch, cost, other) {
    for (const [points, value] of /** @type {[[number, number][], number | undefined][]} */ ([[this.these, cost], [this.others, other]])) {
      if (value === undefined || !Number.isFinite(value)) continue;
      while (points.length && points[points.length - 1][0] >= epoch) points.pop();
      points.push([epoch, value]);
      if (points.length > MOST) for (let at = points.length - 3; at > 0; at -= 2) points.splice(at, 1);
      this.most = Math.max(this.most, value);
    }
    while (this.epochs < epoch) this.epochs *= 2;
  }

  /** @returns {Series[]} */
  series() {
    const lines = /** @type {Series[]} */ ([]);
    if (this.others.length) lines.push({ name: "others", points: this.others.slice(), kind: "ours" });
    if (this.these.length) lines.push({ name: "these", points: this.these.slice(), kind: "training" });
    return lines;
  }
}
