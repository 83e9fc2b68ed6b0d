/**
 * `<nn-curve>` draws what was measured over the epochs: points where something was measured, straight lines between
 * them, and the name of each line at its end. The values at the crosshair are told by the event "look".
 *
 * Properties, which make a new drawing: `series`, a list of { name, points: [x, y][], kind, width? }; `x` and `y`, each
 * { least, most, text: value => string, logarithmic?, steps? }, where `steps` are the distances of its numbers; `marks`, a list of { x, text }, ticks on the axis.
 */

import { colours, themes } from "../lib/colours.js";
import { nextFrame } from "../lib/core.js";
import { rem } from "../lib/pictures.js";
import uPlot from "../vendor/uPlot.js";

/**
 * @typedef {"ours" | "training" | "other" | "book" | "law" | "late"} Kind
 * @typedef {{ name: string, points: [number, number][], kind: Kind, width?: number }} Series
 * @typedef {{ least: number, most: number, text: (value: number) => string, logarithmic?: boolean, steps?: number[] }} Axis
 */

/** @param {Kind} kind */
function lineOf(kind) {
  const known = colours();
  return {
    ours: { stroke: known.ours, width: 3 },
    training: { stroke: known.ours, width: 1.25 },
    other: { stroke: known.other, width: 2, dash: [5, 3] },
    book: { stroke: known.ink, width: 0 },
    law: { stroke: known.ink, width: 1.5 },
    late: { stroke: known["rule-2"], width: 1.5 },
  }[kind];
}

export class Curve extends HTMLElement {
  constructor() {
    super();
    /** @type {Series[]} */
    this.lines = [];
    /** @type {Axis} */
    this.across = { least: 0, most: 30, text: String };
    /** @type {Axis} */
    this.up = { least: 0, most: 1, text: String };
    /** @type {{ x: number, text: string }[]} */
    this.ticks = [];
    /** @type {uPlot | null} */
    this.plot = null;
    this.made = ""; // by what the plot was made
    this.later = nextFrame(() => this.draw());
    this.anew = () => { this.made = ""; this.later(); };
    this.sizes = new ResizeObserver(this.later);
  }

  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute("role", "img");
    this.sizes.observe(this);
    themes.addEventListener("change", this.anew);
    this.addEventListener("keydown", this.press);
    this.later();
  }

  disconnectedCallback() {
    this.sizes.disconnect();
    themes.removeEventListener("change", this.anew);
    this.plot?.destroy();
    this.plot = null;
  }

  /** @param {Series[]} lines */
  set series(lines) {
    this.lines = lines;
    this.later();
  }

  /** @param {Axis} axis */
  set x(axis) {
    this.across = axis;
    this.later();
  }

  /** @param {Axis} axis */
  set y(axis) {
    this.up = axis;
    this.later();
  }

  /** @param {{ x: number, text: string }[]} marks */
  set marks(marks) {
    this.ticks = marks;
    this.later();
  }

  /** Return the points of all lines over all x that have one. */
  aligned() {
    const xs = [...new Set(this.lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((one, other) => one - other);
    const at = new Map(xs.map((x, index) => [x, index]));
    const columns = this.lines.map(({ points }) => {
      /** @type {(number | null)[]} */
      const column = new Array(xs.length).fill(null);
      for (const [x, y] of points) column[/** @type {number} */ (at.get(x))] = y;
      return column;
    });
    return [xs, ...columns];
  }

  draw() {
    const width = Math.floor(this.clientWidth);
    const height = Math.floor(this.clientHeight);
    if (!this.isConnected || width < 50 || height < 50) return;
    const kinds = this.lines.map(({ kind, width }) => `${kind} ${width ?? ""}`).join();
    const made = JSON.stringify([kinds, this.across, this.up, width, height, rem()]);
    if (made !== this.made || !this.plot) {
      this.plot?.destroy();
      this.plot = new uPlot(this.options(width, height), this.aligned(), this);
      this.made = made;
    } else {
      this.plot.setData(this.aligned(), false);
      this.plot.redraw();
    }
  }

  /** @param {number} width @param {number} height */
  options(width, height) {
    const known = colours();
    const size = rem();
    const font = `${0.75 * size}px ${getComputedStyle(this).fontFamily}`;
    const axis = (/** @type {Axis} */ { least, most, text, steps, logarithmic }) => ({
      ...(steps ? { incrs: steps } : {}), ...(logarithmic ? { splits: () => decades(least, most) } : {}), font, stroke: known["ink-3"], ticks: { show: false },
      values: (/** @type {unknown} */ _, /** @type {number[]} */ values) => values.map((value) => (value === null ? "" : text(value))),
    });
    const scale = (/** @type {Axis} */ { least, most, logarithmic }) => ({ auto: false, range: [least, most], distr: logarithmic ? 3 : 1, log: 10 });
    const wide = this.clientWidth > 30 * size;
    return {
      width, height, legend: { show: false }, padding: [0.5 * size, (wide ? 6.5 : 4.5) * size, 0, 0],
      scales: { x: { time: false, auto: false, range: [this.across.least, this.across.most] }, y: scale(this.up) },
      axes: [
        { ...axis(this.across), grid: { show: false }, size: 1.75 * size, gap: 0.25 * size, space: 3 * size },
        { ...axis(this.up), grid: { stroke: known.rule, width: 1 }, size: 3 * size, gap: 0.375 * size, space: 2.5 * size },
      ],
      series: [{}, ...this.lines.map(({ kind, width: wide }) => ({ ...lineOf(kind), ...(wide ? { width: wide } : {}), spanGaps: true, points: kind === "book" ? circles(known.ink, size) : { show: false } }))],
      cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
      hooks: { draw: [(/** @type {uPlot} */ plot) => this.ends(plot, font)], setCursor: [(/** @type {uPlot} */ plot) => this.look(plot)] },
    };
  }

  /** Write the name of each line at its end, and a dot at the end of ours; names are moved apart. @param {uPlot} plot @param {string} font */
  ends(plot, font) {
    const ratio = window.devicePixelRatio || 1;
    const size = rem() * ratio;
    const context = plot.ctx;
    const known = colours();
    context.save();
    context.font = font.replace(/^[\d.]+/, (text) => String(Number(text) * ratio * 1.083));
    context.textBaseline = "middle";
    context.textAlign = "left";
    const labels = this.lines.filter(({ points, name }) => points.length && name).map(({ points, name, kind }) => {
      const [x, y] = points[points.length - 1];
      return { name, kind, x: plot.valToPos(x, "x", true), y: plot.valToPos(Math.max(y, this.up.logarithmic ? 1e-300 : y), "y", true) };
    }).filter(({ y }) => Number.isFinite(y));
    for (const { x, y, kind } of labels) {
      if (kind !== "ours") continue;
      context.fillStyle = known.ours;
      context.beginPath();
      context.arc(x, Math.min(plot.bbox.top + plot.bbox.height, Math.max(plot.bbox.top, y)), 0.25 * size, 0, 7);
      context.fill();
    }
    const [top, bottom] = [plot.bbox.top, plot.bbox.top + plot.bbox.height];
    for (const [at, y] of apart(labels.map(({ y }) => y), 1.15 * size, top, bottom - 0.6 * size).entries()) {
      const { kind, x } = labels[at];
      const room = plot.ctx.canvas.width - x - 0.625 * size;
      const words = labels[at].name.split(", ");
      const name = words.map((_, k) => words.slice(0, words.length - k).join(", ")).find((text) => context.measureText(text).width <= room) ?? "";
      context.fillStyle = kind === "ours" || kind === "training" ? known.ours : kind === "other" ? known["ink-3"] : known.ink;
      context.fillText(name, x + 0.625 * size, y);
    }
    context.fillStyle = known["ink-3"];
    context.textBaseline = "bottom";
    const right = plot.bbox.left + plot.bbox.width;
    /** @type {number[]} The right ends of the words in each row. */
    const rows = [];
    for (const { x, text } of this.ticks) {
      const left = plot.valToPos(x, "x", true);
      if (left > right) continue;
      const width = context.measureText(text).width + 0.5 * size;
      const start = Math.min(left + 0.25 * size, right - width + 0.5 * size);
      const free = rows.findIndex((end) => end < start);
      const row = free >= 0 ? free : rows.length;
      rows[row] = start + width;
      context.fillRect(left, bottom - (0.5 + row) * size, ratio, (0.5 + row) * size);
      context.fillText(text, start, bottom - (0.25 + row) * size);
    }
    context.restore();
  }

  /** @param {uPlot} plot */
  look(plot) {
    const index = plot.cursor.idx;
    const x = index === null || index === undefined || plot.cursor.left < 0 ? null : plot.data[0][index];
    const values = x === null ? [] : this.lines.map(({ name, kind }, at) => ({ name, kind, value: plot.data[at + 1][/** @type {number} */ (index)] }))
      .filter(({ value }) => value !== null && value !== undefined);
    this.dispatchEvent(new CustomEvent("look", { detail: { x, values } }));
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const plot = this.plot;
    if (!step || !plot) return;
    event.preventDefault();
    const xs = plot.data[0];
    const at = Math.max(0, Math.min(xs.length - 1, (plot.cursor.idx ?? (step > 0 ? -1 : xs.length)) + step));
    if (xs.length) plot.setCursor({ left: plot.valToPos(/** @type {number} */ (xs[at]), "x"), top: 10 });
  }
}

/** Return the powers of ten between two. @param {number} least @param {number} most */
function decades(least, most) {
  const first = Math.round(Math.log10(least));
  return Array.from({ length: Math.round(Math.log10(most)) - first + 1 }, (_, k) => 10 ** (first + k));
}

/** @param {string} colour @param {number} size */
function circles(colour, size) {
  return { show: true, size: 0.5625 * size, width: 1.5, stroke: colour, fill: "transparent", space: 0 };
}

/**
 * Return heights between `least` and `most` that differ by at least `room`, each as near as possible to the given one.
 * @param {number[]} heights @param {number} room @param {number} [least] @param {number} [most]
 */
export function apart(heights, room, least = -Infinity, most = Infinity) {
  const order = heights.map((_, at) => at).sort((one, other) => heights[one] - heights[other]);
  const placed = heights.map((height) => Math.max(least, Math.min(most, height)));
  for (let round = 0; round < 50; round++) { // neighbours that are too near are pushed apart, half each
    for (let k = 1; k < order.length; k++) {
      const [above, below] = [order[k - 1], order[k]];
      const missing = room - (placed[below] - placed[above]);
      if (missing > 0.01) {
        placed[above] -= missing / 2;
        placed[below] += missing / 2;
      }
    }
  }
  let limit = most; // those that were pushed beyond the ends push the others back
  for (const at of [...order].reverse()) {
    placed[at] = Math.min(placed[at], limit);
    limit = placed[at] - room;
  }
  limit = least;
  for (const at of order) {
    placed[at] = Math.max(placed[at], limit);
    limit = placed[at] + room;
  }
  return placed;
}

if (!customElements.get("nn-curve")) customElements.define("nn-curve", Curve);
