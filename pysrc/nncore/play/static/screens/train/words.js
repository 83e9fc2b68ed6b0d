/** Settings and places in words. */

import { counted, typed } from "../../lib/numbers.js";

/** @typedef {import("./recipes.js").Settings} Settings */
/** @typedef {import("./recipes.js").Move} Move */

/** Return a setting in as few words as stand at the end of a line. @param {string} name @param {unknown} value */
export function words(name, value) {
  if (name === "cost") return String(value);
  if (name === "init") return `${value} start`;
  if (name === "hidden") return value ? `${value} hidden` : "none hidden";
  if (name === "mini_batch_size") return `mini-batch ${counted(Number(value))}`;
  return `${name} ${name === "seed" ? value : typed(Number(value))}`;
}

/** Return how each run differs from the first, in words, and the first from the second. @param {{ settings: Settings }[]} runs */
export function differences(runs) {
  const names = /** @type {(keyof Settings)[]} */ (Object.keys(runs[0].settings));
  return runs.map(({ settings }, at) => {
    const other = at ? runs[0].settings : runs.length === 2 ? runs[1].settings : settings;
    return names.filter((name) => settings[name] !== other[name]).map((name) => words(name, settings[name])).join(", ");
  });
}

/** Return after how many images something was measured. @param {number} epochs @param {number} n */
export function after(epochs, n) {
  const images = Math.round(epochs * n);
  if (images === 0) return "before the first mini-batch";
  return images % n ? `after ${counted(images)} images` : `after epoch ${images / n}`;
}

/**
 * Return the marks of what was moved during a run: those that follow each other closely, as while a slider is dragged,
 * are one. @param {Settings} settings @param {Move[]} moved @param {number} n @param {number} epochs
 */
export function marks(settings, moved, n, epochs) {
  /** @type {{ name: keyof Settings, x: number, from: number, to: number }[]} */
  const found = [];
  const now = { ...settings };
  for (const { images, name, value } of moved) {
    const last = found[found.length - 1];
    const x = images / n;
    if (last && last.name === name && x - last.x < Math.max(0.2, epochs / 30)) Object.assign(last, { x, to: value });
    else found.push({ name, x, from: Number(now[name]), to: value });
    Object.assign(now, { [name]: value });
  }
  return found.filter(({ from, to }) => from !== to)
    .map(({ name, x, from, to }) => ({ x, text: `${words(name, from)} to ${typed(to)}` }));
}
