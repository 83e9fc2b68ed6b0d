/** Networks whose weights the book sets by hand: perceptrons (chapter 1). */

/** @typedef {import("./places.js").Point} Point */

/** @param {number[]} classes Of (0, 0), (0, 1), (1, 0) and (1, 1). @returns {Point[]} */
const corners = (classes) => classes.map((label, at) => ({ x: at >> 1, y: at & 1, label }));

/** The book's perceptron: weights -2 and -2, bias 3. */
export const NAND = { hidden: /** @type {number[]} */ ([]), parameters: [-2, -2, 3], points: corners([1, 1, 1, 0]) };

/** x0 XOR x1 is (x0 NAND x1) AND (x0 OR x1). */
export const XOR = { hidden: [2], parameters: [-2, -2, 2, 2, 3, -1, 2, 2, -3], points: corners([0, 1, 1, 0]) };

export const NO_SLOPE = "A step cannot be learned: a small change in a weight changes no answer at all, or flips it. "
  + "The gradient is 0 wherever there is one. With sigmoid neurons a small change in a weight makes a small change in the "
  + "answer, and that can be learned.";
