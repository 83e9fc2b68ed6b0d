/**
 * The host of a screen on a page of the documentation. The screen stands in a shadow tree, which the styles of the page
 * do not reach. What it asks is answered in the page, by a module of `answers/`; what a training has to show is sent
 * as `nncore play` sends it: of each name the newest, when the screen has seen the last.
 */

import { themes } from "../lib/colours.js";
import { packed, unpacked } from "../lib/core.js";
import { State } from "../lib/model.js";

/**
 * @typedef {(given: any) => unknown} Answer It may return a promise.
 * @typedef {Record<string, Answer>} Answers By the name of the question.
 * @typedef {object} Site What answers have of the page.
 * @property {(name: string) => Promise<Uint8Array<ArrayBuffer>>} load The bytes of a network with digits.
 * @property {(name: string, value: unknown) => void} push Sends a frame. A function is called when it is sent.
 */

const WIDTH = 1040; // of a screen, in pixels; a narrower page shows it smaller
const SMALLEST = 0.6;
const LARGEST = 2;
const PHONE = matchMedia("(max-width: 720px)"); // the screens have a form for it

/** A screen's model: its state lies in memory, and its questions are answered one after the other. */
export class SiteModel extends State {
  /** @param {(site: Site) => Answers | Promise<Answers>} answersOf @param {Site["load"]} load @param {Record<string, unknown>} state */
  constructor(answersOf, load, state) {
    super(state);
    this.host = /** @type {const} */ ({ kind: "file" });
    this.frames = new Frames((content) => this.say(content));
    this.answers = Promise.resolve(answersOf({ load, push: (name, value) => this.frames.push(name, value) }));
    this.answers.catch(() => {}); // each question says why
    /** @type {Promise<void>} */
    this.work = Promise.resolve();
  }

  /** @param {any} content @param {unknown} [callbacks] @param {ArrayBufferLike[]} [buffers] */
  send(content, callbacks, buffers = []) {
    if ("seen" in content) this.frames.seen(content.seen);
    if ("ask" in content) this.work = this.work.then(() => this.reply(content, /** @type {ArrayBuffer[]} */ (buffers)));
  }

  /** @param {{ id: number, ask: string, with: unknown }} question @param {ArrayBuffer[]} buffers */
  async reply({ id, ask, with: given }, buffers) {
    try {
      const answers = await this.answers;
      if (!Object.hasOwn(answers, ask)) throw new RangeError(`ask: one of ${Object.keys(answers).join(", ")} needed, got '${ask}'`);
      this.say({ id, answer: await answers[ask](unpacked(given, buffers)) });
    } catch (error) {
      this.say({ id, error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** @param {unknown} said */
  say(said) {
    const { content, buffers } = packed(said);
    this.tell("msg:custom", content, buffers);
  }
}

/** Frames sends what a training shows: of each name the newest, after the screen has seen the last frame. */
class Frames {
  /** @param {(content: unknown) => void} say */
  constructor(say) {
    this.say = say;
    /** @type {Map<string, unknown>} */
    this.waiting = new Map();
    this.number = 0;
    this.unseen = false;
  }

  /** @param {string} name @param {unknown} value */
  push(name, value) {
    this.waiting.set(name, value);
    this.send();
  }

  /** @param {number} number */
  seen(number) {
    if (number !== this.number) return;
    this.unseen = false;
    queueMicrotask(() => this.send());
  }

  send() {
    const next = this.waiting.entries().next();
    if (this.unseen || next.done) return;
    const [name, value] = next.value;
    this.waiting.delete(name);
    this.unseen = true;
    this.say({ push: name, value: typeof value === "function" ? value() : value, seq: ++this.number });
  }
}

/** The outermost elements of the screens that are shown; they take the colours of the page. @type {HTMLElement[]} */
const shown = [];

/** Return whether the page is dark: its switch says so, or the system. */
function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function setThemes() {
  for (const outer of shown) outer.dataset.theme = isDark() ? "dark" : "light";
  themes.dispatchEvent(new Event("change"));
}
new MutationObserver(setThemes).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", setThemes);

/**
 * Show a screen in a figure, in place of its picture. The figure says the state that it begins with.
 * @param {HTMLElement} figure @param {import("../lib/model.js").Screen} screen
 * @param {(site: Site) => Answers | Promise<Answers>} answersOf @param {Site["load"]} load @param {string} styles
 */
export function show(figure, screen, answersOf, load, styles) {
  const place = /** @type {HTMLElement} */ (figure.querySelector(".nn-live"));
  const root = place.attachShadow({ mode: "open" });
  const style = Object.assign(document.createElement("style"), { textContent: styles });
  const outer = Object.assign(document.createElement("div"), { className: "nn" });
  const inner = Object.assign(document.createElement("div"), { className: `screen ${screen.name}`, tabIndex: -1 });
  inner.style.outline = "none"; // it takes the focus, so that keys act after a click
  outer.toggleAttribute("data-nncore", true);
  outer.append(inner);
  root.append(style, outer);
  shown.push(outer);
  setThemes();
  fit(place, inner);
  place.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); // the page has keys of its own
  });
  const state = { ...screen.defaults, ...JSON.parse(figure.dataset.state || "{}") };
  screen.render({ model: new SiteModel(answersOf, load, state), el: inner });
  figure.toggleAttribute("data-shown", true);
  offerFullScreen(figure, place);
}

/** Keep a screen as wide as its place: on a phone by its own form, else by its scale. @param {HTMLElement} place @param {HTMLElement} inner */
function fit(place, inner) {
  const scale = () => {
    const style = getComputedStyle(place);
    const room = place.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) || WIDTH;
    const most = document.fullscreenElement === place ? LARGEST : 1;
    const zoom = PHONE.matches ? 1 : Math.max(SMALLEST, Math.min(most, room / WIDTH));
    inner.style.setProperty("zoom", String(zoom));
  };
  new ResizeObserver(scale).observe(place);
  scale();
}

/** Let the reader see a screen as large as the window allows. @param {HTMLElement} figure @param {HTMLElement} place */
function offerFullScreen(figure, place) {
  const button = /** @type {HTMLButtonElement | null} */ (figure.querySelector("button.nn-full"));
  if (!button || !document.fullscreenEnabled) return;
  button.hidden = false;
  button.addEventListener("click", () => place.requestFullscreen());
}
