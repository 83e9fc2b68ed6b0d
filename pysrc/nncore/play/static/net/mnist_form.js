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

const ROOM = 3; // pixels of paper around a digit: most pens need no more

/** @typedef {Float32Array<ArrayBuffer>} Ink */
/** @typedef {{ rows: number, cols: number, ink: Ink }} Grey  ink from 0 for paper to 1, row by row */
/** @typedef {{ top: number, bottom: number, left: number, right: number }} Box  bottom, right: outside */

/** @type {Record<string, Ink>} */
const kept = {};

/**
 * This function returns a picture without ink. What is drawn next uses the same memory again: to get new memory takes a
 * browser as long as all the arithmetic.
 * @param {string} use  what the picture is for
 * @param {number} rows
 * @param {number} cols
 * @returns {Grey}
 */
function paper(use, rows, cols) {
  const size = rows * cols;
  if (!(kept[use]?.length >= size)) kept[use] = new Float32Array(Math.max(size, PAD * PAD));
  return { rows, cols, ink: kept[use].subarray(0, size).fill(0) };
}

/**
 * This function returns the 784 pixels that strokes become, from 0 to 255, or null where nothing is drawn.
 * @param {number[][][]} strokes
 * @param {number} [pen]
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
export function formOfStrokes(strokes, pen = PEN) {
  const lines = linesOf(strokes);
  const goesOn = pad.pen === pen && pad.lines.every(([p, q], i) => p === lines[i]?.[0] && q === lines[i][1]);
  if (!goesOn) pad.grey.ink.fill(0);
  for (let i = goesOn ? pad.lines.length : 0; i < lines.length; i++) drawLine(pad.grey, ...lines[i], pen / 2);
  pad.lines = lines;
  pad.pen = pen;
  return mnistForm(pad.grey);
}

/** What was drawn last: a pen that goes on adds to it. */
const pad = { lines: linesOf([]), pen: PEN, grey: inkOfStrokes([]) };

/**
 * This function draws strokes with a round pen. A pixel that its edge crosses is covered in part.
 * The browser's own canvas is not asked, as each browser smooths edges in its own way.
 * @param {number[][][]} strokes
 * @param {number} [pen]
 * @returns {Grey}
 */
export function inkOfStrokes(strokes, pen = PEN) {
  const grey = { rows: PAD, cols: PAD, ink: new Float32Array(PAD * PAD) };
  for (const [p, q] of linesOf(strokes)) drawLine(grey, p, q, pen / 2);
  return grey;
}

/**
 * This function returns the lines of strokes, from point to point; a point alone is a line, too.
 * @param {number[][][]} strokes
 * @returns {[number[], number[]][]}
 */
function linesOf(strokes) {
  return strokes.flatMap((points) => points.map((end, i) => /** @type {[number[], number[]]} */ ([points[i && i - 1], end])));
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
  const [px, py] = p;
  const dx = q[0] - px;
  const dy = q[1] - py;
  const squared = dx * dx + dy * dy || 1; // a point is a line, too
  const reach = radius + 1;
  const top = Math.max(0, Math.floor(Math.min(py, q[1]) - reach));
  const bottom = Math.min(rows, Math.ceil(Math.max(py, q[1]) + reach));
  const farthest = (radius + 0.5) ** 2;
  for (let y = top; y < bottom; y++) {
    const my = y + 0.5 - py; // the middle of the row
    const beyond = Math.max(0, Math.min(my, my - dy), -Math.max(my, my - dy)); // the line's end
    const wide = Math.sqrt(reach * reach - beyond * beyond); // what the pen reaches to both sides, and a little more
    const left = Math.max(0, Math.floor(Math.min(px, q[0]) - wide));
    const right = Math.min(cols, Math.ceil(Math.max(px, q[0]) + wide));
    for (let x = left, i = y * cols + left; x < right; x++, i++) {
      if (ink[i] === 1) continue;
      const mx = x + 0.5 - px; // the middle of the pixel
      const along = Math.min(1, Math.max(0, (mx * dx + my * dy) / squared));
      const ex = mx - along * dx;
      const ey = my - along * dy;
      const distance = ex * ex + ey * ey;
      if (distance >= farthest) continue;
      const cover = radius + 0.5 - Math.sqrt(distance);
      if (cover > ink[i]) ink[i] = Math.min(1, cover);
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
  let ink = cut("ink", drawn, found, ROOM);
  const pen = (strokeWidth(ink) * BOX) / longest; // as wide as it will be
  let grow = 0;
  if (pen < THINNEST && longest > BOX) grow = Math.ceil(((THINNEST - pen) * longest) / BOX / 2);
  if (grow + 2 > ROOM) ink = cut("ink", drawn, found, grow + 2);
  let strokes = inked(ink, longest > BOX ? 1 : 2);
  if (grow) strokes = thicker(strokes, grow);
  const solid = /** @type {Box} */ (boxOf(strokes, Math.fround(0.4)));
  strokes = cut("solid", strokes, solid, 0);
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
    const row = y * cols;
    let first = 0;
    while (first < cols && !(ink[row + first] > level)) first++;
    if (first === cols) continue;
    let last = cols - 1;
    while (!(ink[row + last] > level)) last--;
    if (!box.bottom) box.top = y;
    box.bottom = y + 1;
    box.left = Math.min(box.left, first);
    box.right = Math.max(box.right, last + 1);
  }
  return box.bottom ? box : null;
}

/**
 * This function cuts out a box and a margin; outside of the picture is paper.
 * @param {string} use  what the part is for
 * @param {Grey} grey
 * @param {Box} box
 * @param {number} margin
 * @returns {Grey}
 */
function cut(use, grey, box, margin) {
  const rows = box.bottom - box.top + 2 * margin;
  const cols = box.right - box.left + 2 * margin;
  const part = paper(use, rows, cols);
  for (let y = 0; y < rows; y++) {
    const from = y + box.top - margin;
    if (from < 0 || from >= grey.rows) continue;
    const first = Math.max(0, margin - box.left);
    const end = Math.min(cols, grey.cols + margin - box.left);
    const source = from * grey.cols + box.left - margin;
    part.ink.set(grey.ink.subarray(source + first, source + end), y * cols + first);
  }
  return part;
}

/**
 * This function returns the usual width of the strokes: four times the mean distance of their pixels to
 * paper, less 2. There must be paper all around.
 * @param {Grey} grey
 */
export function strokeWidth({ rows, cols, ink }) {
  const above = paper("above", rows, cols).ink; // rows to the nearest paper in the same column
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
 * @param {Grey} grey  with two rows and columns of paper around
 * @param {number} edge  pixels, 1 or 2
 * @returns {Grey}
 */
function inked({ rows, cols, ink }, edge) {
  const level = upperQuarter(ink);
  const around = [1, cols];
  if (edge > 1) around.push(2, 2 * cols, cols - 1, cols + 1);
  const strokes = paper("strokes", rows, cols);
  const left = strokes.ink;
  for (let i = 0; i < ink.length; i++) {
    const v = ink[i];
    if (v > 0.5 || (v && around.some((way) => ink[i - way] > 0.5 || ink[i + way] > 0.5))) {
      left[i] = v < level ? v / level : 1;
    }
  }
  return strokes;
}

/**
 * This function returns the ink below which three quarters of the strokes' pixels lie.
 * @param {Ink} ink
 */
function upperQuarter(ink) {
  let [count, full] = [0, 0];
  for (let i = 0; i < ink.length; i++) {
    if (ink[i] > 0.5) count++;
    if (ink[i] === 1) full++;
  }
  const place = 0.75 * (count - 1);
  if (full >= count - Math.floor(place)) return 1; // as with a pen: there is nothing to sort
  const sorted = ink.filter((v) => v > 0.5).sort();
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
  const thick = paper("thick", rows, cols);
  const grown = thick.ink;
  grown.set(ink);
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
  return thick;
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
  const across = cols === grey.cols ? grey : narrowed(grey, weights(grey.cols, cols, shares));
  return rows === grey.rows ? across : lowered(across, weights(grey.rows, rows, shares));
}

/** @typedef {{ first: number, share: Float64Array }} Taken  the first old pixel of a new one, and the shares */

/**
 * This function gives each row as many pixels as there are weights.
 * @param {Grey} grey
 * @param {Taken[]} taken
 * @returns {Grey}
 */
function narrowed(grey, taken) {
  const { rows } = grey;
  const cols = taken.length;
  const ink = new Float32Array(rows * cols);
  for (let x = 0; x < cols; x++) {
    const { first, share } = taken[x];
    for (let y = 0; y < rows; y++) {
      const from = y * grey.cols + first;
      let sum = 0;
      for (let k = 0; k < share.length; k++) sum += share[k] * grey.ink[from + k];
      ink[y * cols + x] = sum;
    }
  }
  return { rows, cols, ink };
}

/**
 * This function makes as many rows as there are weights.
 * @param {Grey} grey
 * @param {Taken[]} taken
 * @returns {Grey}
 */
function lowered(grey, taken) {
  const { cols } = grey;
  const rows = taken.length;
  const ink = new Float32Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    const { first, share } = taken[y];
    for (let x = 0; x < cols; x++) {
      const from = first * cols + x;
      let sum = 0;
      for (let k = 0; k < share.length; k++) sum += share[k] * grey.ink[from + k * cols];
      ink[y * cols + x] = sum;
    }
  }
  return { rows, cols, ink };
}

const box = (/** @type {number} */ x) => (x > -0.5 && x <= 0.5 ? 1 : 0);
const cubic = (/** @type {number} */ signed) => {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
};

/**
 * This function returns what each new pixel takes of the old ones.
 * @param {number} before
 * @param {number} after
 * @param {{ of: (x: number) => number, reach: number }} shares
 * @returns {Taken[]}
 */
function weights(before, after, { of, reach }) {
  const scale = before / after;
  const wide = Math.max(1, scale);
  /** @type {Taken[]} */
  const taken = [];
  for (let i = 0; i < after; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach * wide + 0.5));
    const end = Math.min(before, Math.trunc(centre + reach * wide + 0.5));
    const share = new Float64Array(end - first);
    let total = 0;
    for (let k = 0; k < share.length; k++) total += share[k] = of((k + first - centre + 0.5) * (1 / wide));
    for (let k = 0; k < share.length; k++) share[k] /= total;
    taken.push({ first, share });
  }
  return taken;
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
