/**
 * The screens in the order of the rail, under the chapter of the book that they serve. The rail has those that the
 * core knows. A screen `name` is the module name.js, with name.css beside it.
 */

/** @typedef {{ name: string, title: string, chapter: string }} Entry */

/** @type {Entry[]} */
export const SCREENS = [
  { name: "draw", title: "Draw", chapter: "Chapter 1" },
  { name: "train", title: "Train, live", chapter: "Chapter 1" },
  { name: "plane", title: "Two inputs", chapter: "Chapter 1" },
  { name: "handwriting", title: "My handwriting", chapter: "Chapter 1" },
  { name: "equations", title: "The four equations", chapter: "Chapter 2" },
  { name: "neuron", title: "One neuron", chapter: "Chapter 3" },
  { name: "overfitting", title: "Overfitting", chapter: "Chapter 3" },
  { name: "softmax", title: "Softmax", chapter: "Chapter 3" },
  { name: "doctor", title: "Why does it not learn?", chapter: "Chapter 3" },
  { name: "universality", title: "Universality", chapter: "Chapter 4" },
  { name: "speeds", title: "Learning speeds", chapter: "Chapter 5" },
  { name: "convolution", title: "Convolution", chapter: "Chapter 6" },
  { name: "mistakes", title: "Mistakes", chapter: "Chapter 6" },
  { name: "book", title: "The book, run", chapter: "The whole book" },
];

/** Load a screen and its style. @param {string} name @returns {Promise<import("../lib/model.js").Screen>} */
export async function load(name) {
  const [module] = await Promise.all([import(`./${name}.js`), loadStyle(new URL(`./${name}.css`, import.meta.url).href)]);
  return module.default;
}

/** @param {string} address */
function loadStyle(address) {
  const links = /** @type {HTMLLinkElement[]} */ ([...document.querySelectorAll("link[rel=stylesheet]")]);
  if (links.some((link) => link.href === address)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  return new Promise((done, fail) => {
    link.onload = () => done(null);
    link.onerror = () => fail(new Error(`${address} is missing`));
    document.head.append(link);
  });
}
