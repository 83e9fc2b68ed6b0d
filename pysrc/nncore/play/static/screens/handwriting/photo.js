/**
 * A picture that the reader chose, dropped, pasted or took, as grey values. The browser decodes it, turns it upright
 * and reduces it: the core gets bytes of grey, and never a file from outside.
 */

export const LONGEST = 1600; // pixels of a side that are sent; the core looks for digits at 800
const MOST_BYTES = 64e6;
const LUMINANCE = [0.299, 0.587, 0.114];

/** Return the grey values of a picture, with their shape (rows, columns). @param {Blob} file @param {string} name */
export async function greyOf(file, name) {
  if (file.size > MOST_BYTES) throw new Error(`${name}: a picture of at most 64 MB needed, got ${(file.size / 1e6).toFixed(0)} MB.`);
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${name}: not a picture that this browser can read. Save it as PNG or JPEG.`);
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const [columns, rows] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, columns, rows);
  bitmap.close();
  return Object.assign(greyPixels(context.getImageData(0, 0, columns, rows).data), { shape: [rows, columns] });
}

/** Return the grey values of colours. Where nothing is, is paper: white, or black under light ink. @param {Uint8ClampedArray} colours */
export function greyPixels(colours) {
  const grey = new Float32Array(colours.length / 4);
  let [seen, light, least] = [0, 0, 1];
  for (let at = 0; at < grey.length; at++) {
    const alpha = colours[4 * at + 3] / 255;
    grey[at] = LUMINANCE.reduce((sum, weight, part) => sum + weight * colours[4 * at + part], 0);
    seen += alpha;
    light += (alpha * grey[at]) / 255;
    least = Math.min(least, alpha);
  }
  const paper = least <= 0.5 && seen && light >= 0.75 * seen ? 0 : 255;
  return Uint8Array.from(grey, (value, at) => {
    const alpha = colours[4 * at + 3] / 255;
    return Math.round(value * alpha + paper * (1 - alpha));
  });
}

/** Return the first picture that was dropped or pasted. @param {DataTransfer | null} given */
export function pictureIn(given) {
  const files = [...(given?.files ?? [])];
  return files.find(({ type }) => type.startsWith("image/")) ?? files[0] ?? null;
}
