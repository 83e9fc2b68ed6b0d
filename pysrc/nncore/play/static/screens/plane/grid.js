/** What every neuron answers on a grid of the plane: large for the neuron that is looked at, small for the others. */

import { steadyMaximum } from "../../lib/colours.js";
import { Answers, STEP } from "./network.js";

const SIDE = 84; // cells of the large plane
const EACH = 3; // cells of it make one of a small plane
const SMALL = SIDE / EACH;

export class Grid {
  constructor() {
    /** @type {import("./places.js").View} */
    this.view = { x: 0, y: 0, half: 1 };
    this.answers = new Answers(new Float64Array(0), new Float64Array(0));
    this.hidden = 0;
  }

  /** Look at a window of the plane: the first cell is above, at the left. @param {import("./places.js").View} view */
  look(view) {
    if (this.answers.points && JSON.stringify(view) === JSON.stringify(this.view)) return;
    this.view = view;
    const at = (/** @type {number} */ cell) => ((2 * cell + 1) / SIDE - 1) * view.half;
    this.answers = new Answers(
      Float64Array.from({ length: SIDE * SIDE }, (_, cell) => view.x + at(cell % SIDE)),
      Float64Array.from({ length: SIDE * SIDE }, (_, cell) => view.y - at(Math.floor(cell / SIDE))),
    );
  }

  /** @param {number[]} hidden @param {Float32Array} parameters @param {import("./network.js").Activation} activation */
  compute(hidden, parameters, activation) {
    this.hidden = hidden.length;
    this.answers.compute(hidden, parameters, activation);
  }

  /** Return z of a neuron, whose line z = 0 is drawn; the layer behind the inputs is row 1. Behind steps z jumps, and
   * there is no such line. @param {number} row @param {number} at @param {string} activation */
  z(row, at, activation) {
    return activation === STEP && row > 1 ? null : this.answers.z[row - 1][at];
  }

  /** Return the activation that has the full colour. @param {number} row @param {number} at @param {string} activation */
  top(row, at, activation) {
    return activation === "relu" && row <= this.hidden ? steadyMaximum(this.answers.a[row - 1][at], 1) : 1;
  }

  /** Return a neuron's answers as signed numbers: those of a sigmoid and a step from -1, for 0, to 1.
   * @param {number} row @param {number} at @param {string} activation */
  shown(row, at, activation) {
    const a = this.answers.a[row - 1][at];
    const signs = row <= this.hidden && (activation === "tanh" || activation === "relu");
    return { values: signs ? a : a.map((value) => 2 * value - 1), side: SIDE, max: this.top(row, at, activation) };
  }

  /** Return what a small plane shows. @param {number} row @param {number} at @param {string} activation */
  small(row, at, activation) {
    const { values, max } = this.shown(row, at, activation);
    const z = this.z(row, at, activation);
    return { answers: { values: thinned(values), side: SMALL, max }, zero: z && thinned(z), view: this.view };
  }
}

/** Return the middle one of each 3 x 3 cells. @param {Float64Array} values */
function thinned(values) {
  const made = new Float64Array(SMALL * SMALL);
  for (let row = 0; row < SMALL; row++) {
    for (let column = 0; column < SMALL; column++) {
      made[row * SMALL + column] = values[(EACH * row + 1) * SIDE + EACH * column + 1];
    }
  }
  return made;
}
