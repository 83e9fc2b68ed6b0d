/** The screens in the order of the rail, under the chapter of the book that they serve. */

/** @type {{ name: string, title: string, chapter: string, load: () => Promise<{ default: import("../lib/model.js").Screen }> }[]} */
export const SCREENS = [
  { name: "draw", title: "Draw", chapter: "Chapter 1", load: () => import("./draw.js") },
];
