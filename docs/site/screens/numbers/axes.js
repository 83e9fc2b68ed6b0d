/** The two principal axes of rows of numbers, as play/screens/mistakes.py finds them. */

const BLOCK = 12; // vectors that are turned towards the longest axes together
const TURNS = 200; // an axis that is shorter by a tenth has a share of 0.9^400 left of it

/**
 * Return the coordinates of n rows on their two principal axes, (n, 2), and the shares of the variance along each. Of an
 * axis and its opposite that is taken on which the row farthest from 0 is positive.
 * @param {Float64Array[]} rows
 */
export function onPrincipalAxes(rows) {
  const [n, columns] = [rows.length, rows[0].length];
  const mean = new Float64Array(columns);
  for (const row of rows) for (let k = 0; k < columns; k++) mean[k] += row[k] / n;
  const centred = rows.map((row) => row.map((each, k) => each - mean[k]));
  const wide = columns > n;
  const products = wide ? centred.map((one) => Float64Array.from(centred, (other) => dot(one, other))) : productsOfColumns(centred);
  const total = products.reduce((sum, row, k) => sum + row[k], 0);
  const longest = longestAxes(products);
  const points = new Float64Array(2 * n);
  longest.forEach(({ square, axis }, which) => {
    const size = Math.sqrt(Math.max(0, square));
    const along = wide ? axis.map((each) => each * size) : Float64Array.from(centred, (row) => dot(row, axis));
    const farthest = along.reduce((most, each) => (Math.abs(each) > Math.abs(most) ? each : most), 0);
    along.forEach((each, row) => { points[2 * row + which] = farthest < 0 ? -each : each; });
  });
  const shares = [0, 1].map((which) => (total > 0 && longest[which] ? Math.max(0, longest[which].square) / total : 0));
  return { points, shares };
}

/** @param {Float64Array} one @param {Float64Array} other */
function dot(one, other) {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += one[k] * other[k];
  return sum;
}

/** Return the products of the columns. @param {Float64Array[]} rows */
function productsOfColumns(rows) {
  const columns = rows[0].length;
  const products = Array.from({ length: columns }, () => new Float64Array(columns));
  for (const row of rows) for (let j = 0; j < columns; j++) for (let k = 0; k < columns; k++) products[j][k] += row[j] * row[k];
  return products;
}

/** Return the two largest eigenvalues of a symmetric matrix with their eigenvectors: several vectors are multiplied by it
 * again and again and kept upright, until the matrix maps what they span onto itself. @param {Float64Array[]} matrix */
function longestAxes(matrix) {
  const n = matrix.length;
  const count = Math.min(n, BLOCK);
  let vectors = Array.from({ length: count }, (_, j) => Float64Array.from({ length: n }, (_, k) => Math.cos((j + 1) * (k + 0.5)) + (k === j ? 1 : 0)));
  for (let turn = 0; turn < TURNS; turn++) {
    upright(vectors);
    vectors = vectors.map((vector) => Float64Array.from(matrix, (row) => dot(row, vector)));
  }
  upright(vectors);
  const images = vectors.map((vector) => Float64Array.from(matrix, (row) => dot(row, vector)));
  const small = vectors.map((vector) => Float64Array.from(images, (image) => dot(vector, image)));
  const { squares, turns } = diagonalized(small);
  const order = [...squares.keys()].sort((one, other) => squares[other] - squares[one]).slice(0, 2);
  return order.map((which) => ({
    square: squares[which],
    axis: Float64Array.from({ length: n }, (_, k) => vectors.reduce((sum, vector, j) => sum + vector[k] * turns[j][which], 0)),
  }));
}

/** Make vectors orthogonal, and their lengths 1. @param {Float64Array[]} vectors */
function upright(vectors) {
  vectors.forEach((vector, j) => {
    for (let again = 0; again < 2; again++) {
      for (const before of vectors.slice(0, j)) {
        const share = dot(vector, before);
        for (let k = 0; k < vector.length; k++) vector[k] -= share * before[k];
      }
    }
    const length = Math.sqrt(dot(vector, vector)) || 1;
    for (let k = 0; k < vector.length; k++) vector[k] /= length;
  });
}

/** Return the eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations. @param {Float64Array[]} matrix */
function diagonalized(matrix) {
  const n = matrix.length;
  const turns = Array.from({ length: n }, (_, j) => Float64Array.from({ length: n }, (_, k) => (j === k ? 1 : 0)));
  for (let sweep = 0; sweep < 20; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) {
      if (matrix[p][q] === 0) continue;
      const theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
      const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1);
      const s = t * c;
      for (let k = 0; k < n; k++) [matrix[k][p], matrix[k][q]] = [c * matrix[k][p] - s * matrix[k][q], s * matrix[k][p] + c * matrix[k][q]];
      for (let k = 0; k < n; k++) [matrix[p][k], matrix[q][k]] = [c * matrix[p][k] - s * matrix[q][k], s * matrix[p][k] + c * matrix[q][k]];
      for (let k = 0; k < n; k++) [turns[k][p], turns[k][q]] = [c * turns[k][p] - s * turns[k][q], s * turns[k][p] + c * turns[k][q]];
    }
  }
  return { squares: matrix.map((row, k) => row[k]), turns };
}
