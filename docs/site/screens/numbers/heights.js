/** The heights of bumps with the least mean deviation from a goal, as play/screens/universality.py finds them. */

const UPRIGHT = 200; // w for each bump: the steps then take a fiftieth of its width
const FITTED = 600; // bumps, over all rounds of a fit
const SMALLEST_RESIDUAL = 1e-3;
const TALLEST = 10;

/**
 * Where steps are upright, they are the medians of the goal within each bump. Where they are not, a least-squares fit
 * whose points are weighted by 1/|deviation| minimises the sum of |deviation|; the weights come from the fit before.
 * @param {import("./bumps.js").Bumps} net @param {ArrayLike<number>} steps @param {(x: number) => number} goal
 */
export function bestHeights(net, steps, goal) {
  const N = steps.length / 2;
  const n = 10 * Math.max(100, N);
  const x = Float64Array.from({ length: n }, (_, k) => (k + 0.5) / n);
  const goals = x.map(goal);
  let heights = Float64Array.from({ length: N }, (_, k) => {
    // a neuron steps where -b / w says so, which may round
    const [left, right] = [-net.biases[2 * k] / net.w, -net.biases[2 * k + 1] / net.w];
    return median(goals.filter((_, at) => x[at] > left && x[at] < right));
  });
  if (net.w >= UPRIGHT * N) return heights;
  const bumps = Array.from(x, (each) => Float64Array.from({ length: N }, (_, k) => net.rise(k, each)));
  let [best, least] = [heights, Infinity];
  const rounds = Math.max(3, Math.min(25, Math.floor(FITTED / N)));
  for (let round = 0; round < rounds; round++) {
    const residuals = goals.map((value, at) => Math.abs(value - dot(bumps[at], heights)));
    const mean = residuals.reduce((sum, each) => sum + each, 0) / n;
    if (mean < least) [least, best] = [mean, heights];
    heights = solved(...normalEquations(bumps, goals, residuals));
  }
  return best;
}

/** @param {Float64Array} values */
function median(values) {
  if (!values.length) return 0;
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {Float64Array} one @param {Float64Array} other */
function dot(one, other) {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += one[k] * other[k];
  return sum;
}

/** Return the matrix and the right side of the weighted normal equations.
 * @param {Float64Array[]} bumps @param {Float64Array} goals @param {Float64Array} residuals @returns {[Float64Array[], Float64Array<ArrayBuffer>]} */
function normalEquations(bumps, goals, residuals) {
  const N = bumps[0].length;
  const matrix = Array.from({ length: N }, () => new Float64Array(N));
  const right = new Float64Array(N);
  bumps.forEach((row, at) => {
    const weight = 1 / Math.max(residuals[at], SMALLEST_RESIDUAL);
    for (let j = 0; j < N; j++) {
      const weighted = row[j] * weight;
      if (weighted === 0) continue;
      right[j] += weighted * goals[at];
      for (let k = 0; k < N; k++) matrix[j][k] += weighted * row[k];
    }
  });
  return [matrix, right];
}

/** Solve the normal equations, whose heights are held back as little as keeps them below `TALLEST`.
 * @param {Float64Array[]} matrix @param {Float64Array<ArrayBuffer>} right */
function solved(matrix, right) {
  const N = right.length;
  const scale = matrix.reduce((sum, row, j) => sum + row[j], 0) / N;
  let heights = new Float64Array(N);
  for (const heldBack of [1e-9, 1e-6, 1e-4, 1e-2, 1]) {
    heights = eliminated(matrix.map((row, j) => row.map((each, k) => (j === k ? each + heldBack * scale : each))), right.slice());
    if (heights.every((height) => Math.abs(height) <= TALLEST)) break;
  }
  return heights.map((height) => Math.max(-TALLEST, Math.min(TALLEST, height)));
}

/** Solve a system of linear equations by Gauss, with the largest pivot of each column. @param {Float64Array[]} rows @param {Float64Array<ArrayBuffer>} right */
function eliminated(rows, right) {
  const N = right.length;
  for (let column = 0; column < N; column++) {
    let pivot = column;
    for (let j = column + 1; j < N; j++) if (Math.abs(rows[j][column]) > Math.abs(rows[pivot][column])) pivot = j;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    [right[column], right[pivot]] = [right[pivot], right[column]];
    for (let j = column + 1; j < N; j++) {
      const factor = rows[j][column] / rows[column][column];
      if (factor === 0) continue;
      for (let k = column; k < N; k++) rows[j][k] -= factor * rows[column][k];
      right[j] -= factor * right[column];
    }
  }
  for (let j = N - 1; j >= 0; j--) {
    for (let k = j + 1; k < N; k++) right[j] -= rows[j][k] * right[k];
    right[j] /= rows[j][j];
  }
  return right;
}
