/**
 * What a drawn digit becomes: light on 0, in a box of 20 x 20, its centre of mass in the middle of 28 x 28.
 *
 * The recipe is that of `datasets/mnist_form.py`, step by step: a pen that would be thinner than 2 pixels is
 * made thicker, the digit is cut out and reduced into the box, and the box is put where its centre of mass
 * says. For a pad the pixels are equal to Python's. What a photo needs before, the light, the paper and the
 * threshold, is Python's alone: on a pad ink is where the pen went.
 */

export const SIDE = 28;
export const BOX = 20; // pixels of the digit's longer side
export const PAD = 280; // strokes are points [x, y] from 0 to PAD, x to the right and y down
export const PEN = 21; // the width of the pen
const THINNEST = 2; // pixels of a stroke; MNIST's are 2 to 4 wide

/** @typedef {Float32Array<ArrayBuffer>} Ink */
/** @typedef {{ rows: number, cols: number, ink: Ink }} Grey  ink from 0 for paper to 1, row by row */
/** @typedef {{ top: number, bottom: number, left: number, right: number }} Box  bottom, right: outside */

/**
 * This function returns the 784 pixels that strokes become, from 0 to 255, or null where nothing is drawn.
 * @param {number[][][]} strokes
 * @param {number} [pen]
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
export function formOfStrokes(strokes, pen = PEN) {
  return mnistForm(inkOfStrokes(strokes, pen));
}

/**
 * This function draws strokes with a round pen. A pixel that its edge crosses is covered in part.
 * The browser's own canvas is not asked, as each browser smooths edges in its own way.
 * @param {number[][][]} strokes
 * @param {number} [pen]
 * @returns {Grey}
 */
export function inkOfStrokes(strokes, pen = PEN) {
  const grey = { rows: PAD, cols: PAD, ink: new Float32Array(PAD * PAD) };
  for (const points of strokes) {
    points.forEach((end, i) => drawLine(grey, points[Math.max(0, i - 1)], end, pen / 2));
  }
  return grey;
}

/**
 * This function inks what is nearer to the line from p to q than the radius.
 * @param {Grey} grey
 * @param {number[]} p
 * @param {number[]} q
 * @param {number} radius
 */
function drawLine(grey, p, q, radius) {
  const { rows, cols, ink } = grey;
  const dx = q[0] - p[0];
  const dy = q[1] - p[1];
  const squared = dx * dx + dy * dy || 1; // a point is a line, too
  const reach = radius + 1;
  const first = (/** @type {number} */ u, /** @type {number} */ v) =>
    Math.max(0, Math.floor(Math.min(u, v) - reach));
  const end = (/** @type {number} */ u, /** @type {number} */ v, /** @type {number} */ side) =>
    Math.min(side, Math.ceil(Math.max(u, v) + reach));
  for (let y = first(p[1], q[1]); y < end(p[1], q[1], rows); y++) {
    for (let x = first(p[0], q[0]); x < end(p[0], q[0], cols); x++) {
      if (ink[y * cols + x] === 1) continue;
      const px = x + 0.5 - p[0]; // the middle of the pixel
      const py = y + 0.5 - p[1];
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
      const ex = px - along * dx;
      const ey = py - along * dy;
      const cover = radius + 0.5 - Math.sqrt(ex * ex + ey * ey);
      if (cover > ink[y * cols + x]) ink[y * cols + x] = Math.min(1, cover);
    }
  }
}

/**
 * This function brings the ink of one digit into the form of MNIST's, or returns null if there is none.
 * @param {Grey} drawn
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
export function mnistForm(drawn) {
  const found = boxOf(drawn, 0.5);
  if (!found) return null;
  const longest = Math.max(found.bottom - found.top, found.right - found.left);
  const mask = cut(drawn, found, 1); // a border of paper, from which the width of the pen is measured
  const pen = (strokeWidth(mask) * BOX) / longest; // as wide as it will be
  let grow = 0;
  if (pen < THINNEST && longest > BOX) grow = Math.ceil(((THINNEST - pen) * longest) / BOX / 2);
  const ink = cut(drawn, found, grow + 2);
  let strokes = inked(ink, longest > BOX ? 1 : 2);
  if (grow) strokes = thicker(strokes, grow);
  const solid = /** @type {Box} */ (boxOf(strokes, Math.fround(0.4)));
  strokes = cut(strokes, solid, 0);
  const scale = BOX / Math.max(strokes.rows, strokes.cols);
  const small = resized(strokes, ...sides(strokes, scale));
  let largest = Math.fround(1e-6);
  small.ink.forEach((v, i) => {
    small.ink[i] = Math.min(1, Math.max(0, v));
    largest = Math.max(largest, small.ink[i]);
  });
  // in float32, as NumPy computes it
  const bytes = Uint8Array.from(small.ink, (v) => half(Math.fround(255 * Math.fround(v / largest))));
  return centred(bytes, small.rows, small.cols);
}

/**
 * @param {Grey} strokes
 * @param {number} scale
 * @returns {[number, number]}
 */
const sides = ({ rows, cols }, scale) => [Math.max(1, half(rows * scale)), Math.max(1, half(cols * scale))];

/**
 * This function rounds as Python does: halves to the even neighbour.
 * @param {number} v
 */
function half(v) {
  const below = Math.floor(v);
  if (v - below !== 0.5) return Math.round(v);
  return below % 2 ? below + 1 : below;
}

/**
 * This function returns the box around what is above a level, or null.
 * @param {Grey} grey
 * @param {number} level
 * @returns {Box | null}
 */
export function boxOf({ rows, cols, ink }, level) {
  const box = { top: rows, bottom: 0, left: cols, right: 0 };
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      if (ink[y * cols + x] <= level) continue;
      box.top = Math.min(box.top, y);
      box.bottom = y + 1;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
    }
  }
  return box.bottom ? box : null;
}

/**
 * This function cuts out a box and a margin; outside of the picture is paper.
 * @param {Grey} grey
 * @param {Box} box
 * @param {number} margin
 * @returns {Grey}
 */
function cut(grey, box, margin) {
  const rows = box.bottom - box.top + 2 * margin;
  const cols = box.right - box.left + 2 * margin;
  const ink = new Float32Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    const from = y + box.top - margin;
    if (from < 0 || from >= grey.rows) continue;
    const first = Math.max(0, margin - box.left);
    const end = Math.min(cols, grey.cols + margin - box.left);
    const source = from * grey.cols + box.left - margin;
    ink.set(grey.ink.subarray(source + first, source + end), y * cols + first);
  }
  return { rows, cols, ink };
}

/**
 * This function returns the usual width of the strokes: four times the mean distance of their pixels to
 * paper, less 2. There must be paper all around.
 * @param {Grey} grey
 */
export function strokeWidth({ rows, cols, ink }) {
  const above = new Uint16Array(rows * cols); // rows to the nearest paper in the same column
  for (let i = cols; i < rows * cols; i++) above[i] = ink[i] > 0.5 ? above[i - cols] + 1 : 0;
  for (let i = (rows - 1) * cols - 1; i >= 0; i--) above[i] = Math.min(above[i], above[i + cols] + 1);
  let [sum, n] = [0, 0];
  for (let i = 0; i < rows * cols; i++) {
    if (!above[i]) continue;
    let nearest = above[i] * above[i];
    for (let d = 1; d * d < nearest; d++) {
      const across = Math.min(above[i - d], above[i + d]);
      nearest = Math.min(nearest, d * d + across * across);
    }
    sum += Math.sqrt(nearest);
    n++;
  }
  return Math.max(1, (4 * sum) / n - 2);
}

/**
 * This function leaves the ink of the strokes and of the edge around them, as a share of full ink.
 * @param {Grey} grey
 * @param {number} edge  pixels
 * @returns {Grey}
 */
function inked({ rows, cols, ink }, edge) {
  const level = upperQuarter(ink.filter((v) => v > 0.5));
  let near = new Uint8Array(ink.length);
  for (let i = 0; i < ink.length; i++) near[i] = ink[i] > 0.5 ? 1 : 0;
  for (let time = 0; time < edge; time++) { // there are two rows and columns of paper around
    const wider = near.slice();
    for (let i = 0; i < near.length; i++) {
      if (near[i]) wider[i - 1] = wider[i + 1] = wider[i - cols] = wider[i + cols] = 1;
    }
    near = wider;
  }
  const strokes = new Float32Array(ink.length);
  for (let i = 0; i < ink.length; i++) if (near[i]) strokes[i] = Math.min(1, ink[i] / level);
  return { rows, cols, ink: strokes };
}

/**
 * This function returns the number below which three quarters of the numbers are.
 * @param {Ink} values
 */
function upperQuarter(values) {
  const sorted = values.sort();
  const place = 0.75 * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return Math.fround(low + (high - low) * (place % 1));
}

/**
 * This function gives each pixel the largest ink within a radius: a grey dilation by a disc.
 * @param {Grey} grey
 * @param {number} radius
 * @returns {Grey}
 */
function thicker({ rows, cols, ink }, radius) {
  const grown = ink.slice();
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const i = y * cols + x;
      const v = ink[i];
      // a pixel without a lower neighbour brings nothing that a pixel farther out does not bring
      if (!v || Math.min(ink[i - 1], ink[i + 1], ink[i - cols], ink[i + cols]) >= v) continue;
      for (let dy = -Math.min(radius, y); dy <= Math.min(radius, rows - 1 - y); dy++) {
        const wide = Math.floor(Math.sqrt(radius * radius + 0.5 - dy * dy));
        const end = i + dy * cols + Math.min(wide, cols - 1 - x);
        for (let j = i + dy * cols - Math.min(wide, x); j <= end; j++) if (grown[j] < v) grown[j] = v;
      }
    }
  }
  return { rows, cols, ink: grown };
}

/**
 * This function resizes a picture: each pixel is the mean of those that it covers. Where the picture grows,
 * a cubic function of four pixels takes the place of the mean. Both are Pillow's, BOX and BICUBIC.
 * @param {Grey} grey
 * @param {number} rows
 * @param {number} cols
 * @returns {Grey}
 */
export function resized(grey, rows, cols) {
  const shares = rows < grey.rows || cols < grey.cols ? { of: box, reach: 0.5 } : { of: cubic, reach: 2 };
  const across = cols === grey.cols ? null : weights(grey.cols, cols, shares);
  const down = rows === grey.rows ? null : weights(grey.rows, rows, shares);
  let now = grey;
  if (across) {
    const ink = new Float32Array(grey.rows * cols);
    for (let i = 0; i < ink.length; i++) {
      const [first, share] = across[i % cols];
      const row = Math.floor(i / cols) * grey.cols + first;
      ink[i] = share.reduce((sum, k, x) => sum + k * grey.ink[row + x], 0);
    }
    now = { rows: grey.rows, cols, ink };
  }
  if (down) {
    const ink = new Float32Array(rows * cols);
    for (let i = 0; i < ink.length; i++) {
      const [first, share] = down[Math.floor(i / cols)];
      const column = first * cols + (i % cols);
      ink[i] = share.reduce((sum, k, y) => sum + k * now.ink[column + y * cols], 0);
    }
    now = { rows, cols, ink };
  }
  return now;
}

const box = (/** @type {number} */ x) => (x > -0.5 && x <= 0.5 ? 1 : 0);
const cubic = (/** @type {number} */ signed) => {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
};

/**
 * This function returns, for each new pixel, the first old pixel that it takes from, and the shares.
 * @param {number} before
 * @param {number} after
 * @param {{ of: (x: number) => number, reach: number }} shares
 * @returns {[number, number[]][]}
 */
function weights(before, after, { of, reach }) {
  const scale = before / after;
  const wide = Math.max(1, scale);
  return Array.from({ length: after }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach * wide + 0.5));
    const end = Math.min(before, Math.trunc(centre + reach * wide + 0.5));
    const raw = Array.from({ length: end - first }, (_, x) => of((x + first - centre + 0.5) * (1 / wide)));
    const total = raw.reduce((sum, k) => sum + k, 0);
    return [first, raw.map((k) => k / total)];
  });
}

/**
 * This function puts a digit of at most 20 x 20 into 28 x 28, its centre of mass in the middle.
 * @param {Uint8Array} digit
 * @param {number} rows
 * @param {number} cols
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function centred(digit, rows, cols) {
  let [total, down, across] = [0, 0, 0];
  digit.forEach((v, i) => {
    total += v;
    down += v * Math.floor(i / cols);
    across += v * (i % cols);
  });
  const place = (/** @type {number} */ centre, /** @type {number} */ side) =>
    Math.min(Math.max(half((SIDE - 1) / 2 + 0.5 - centre), 0), SIDE - side);
  const [top, left] = [place(down / total, rows), place(across / total, cols)];
  const image = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < rows; y++) {
    image.set(digit.subarray(y * cols, (y + 1) * cols), (top + y) * SIDE + left);
  }
  return image;
}
