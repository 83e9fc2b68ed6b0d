/**
 * Numbers as cells: rows under common columns, and the outer product of two rows. Each picture is one stop of the
 * keyboard: arrows move inside, Enter holds what is pointed at.
 */

import { inkScale, signedScale, steadyMaximum, textOn } from "../../lib/colours.js";
import "../../lib/pictures.js";
import { html, nothing } from "../../vendor/lit-html.js";

/**
 * @typedef {import("./quantities.js").Place} Place
 * @typedef {import("./quantities.js").Lit} Lit
 * @typedef {{ at: Place | null, lit: Lit, point: (place: Place, event?: Event) => void, hold: (place: Place) => void,
 *   room: number }} Hand What is pointed at, what to do, and the rems that the cells of a row share.
 * @typedef {{ signed: boolean, most: number }} Scale From orange to blue, or from paper to ink; full at `most`.
 * @typedef {{ q: string, label: unknown, values: Float64Array, scale: Scale, text?: (value: number) => string,
 *   struck?: boolean }} Row
 */

const NUMBER = 3.25; // rems that a cell with a number in it needs
const DENSE = 0.45; // rems below which cells touch
const SIGNED = "zudbn";

/** Return the scale of a quantity. Its maximum is a power of two, which does not follow each change.
 * @param {string} q @param {Float64Array} values @returns {Scale} */
export function scaleOf(q, values) {
  if (SIGNED.includes(q[0]) || values.some((value) => value < 0)) return { signed: true, most: steadyMaximum(values, 2 ** -20) };
  if (q[0] === "s") return { signed: false, most: values.some((value) => value > 0.25) ? 1 : 0.25 }; // a sigmoid's
  return { signed: false, most: Math.max(1, steadyMaximum(values, 1)) };
}

/** Return the function from a number to its colour. @param {Scale} scale */
export function colourOf({ signed, most }) {
  const colour = signed ? signedScale(most) : inkScale();
  return (/** @type {number} */ value) => colour(signed ? value : value / most);
}

/** Return how far apart numbers above n columns stand, so that they do not touch. @param {number} n @param {number} room */
export function spacing(n, room) {
  const wide = room / n;
  if (wide > 1.1) return 1;
  return [5, 10, 20, 50, 100, 200, 500].find((every) => every * wide >= 1.9) ?? 1000;
}

/** Numbers beside the middle of every so manyth of n cells. @param {number} n @param {number} every @param {"left" | "top"} side */
const marks = (n, every, side) => Array.from({ length: Math.ceil(n / every) }, (_, at) => {
  const place = `${side}:${(100 * (at * every + 0.5)) / n}%`;
  return html`<small .style=${place}>${at * every}</small>`;
});

/** The numbers of the columns. @param {string} name @param {number} n @param {number} room */
export function heads(name, n, room) {
  const every = spacing(n, room);
  return html`<div class="line heads" aria-hidden="true"><span class="l">${name}</span>
    <div class="v">${marks(n, every, "left")}</div></div>`;
}

/** @param {Row} row @param {Hand} hand @param {string} [more] */
export function cellRow({ q, label, values, scale, text, struck }, { lit, room }, more = "") {
  const n = values.length;
  const colour = colourOf(scale);
  const numbered = text && room / n > NUMBER;
  return html`<div class="line ${struck ? "struck" : ""} ${more}"><span class="l q-${q[0]}">${label}</span>
    <div class="v ${room / n < DENSE ? "dense" : ""} ${wholly(lit, q)}" .style=${tracks("columns", n)}>${Array.from(values, (value, j) => {
      const fill = colour(value);
      const shown = numbered || (text && q === "y" && value && room / n > 1) ? text(value) : "";
      return html`<i class=${cellClass(lit, q, j)} data-q=${q} data-j=${j} data-value=${value}
        .style=${`background:rgb(${fill});color:${textOn(fill)}`}>${shown}</i>`;
    })}</div></div>`;
}

/** @param {"rows" | "columns"} kind @param {number} n */
const tracks = (kind, n) => `grid-template-${kind}:repeat(${n},minmax(0,1fr))`;

/** @param {Lit} lit @param {string} q @param {number} j */
const cellClass = (lit, q, j) => (lit.get(q) === j ? `c q-${q[0]} on` : "c");

/** @param {Lit} lit @param {string} q */
const wholly = (lit, q) => (lit.get(q) === "all" ? `q-${q[0]} on` : "");

/** Rows under common columns. @param {string} name @param {Row[]} rows @param {Hand} hand @param {unknown} [head] */
export function table(name, rows, hand, head = nothing) {
  const places = (/** @type {number} */ down, /** @type {number} */ across) => ({ q: rows[down].q, j: across });
  const size = () => [rows.length, rows[0].values.length];
  const here = () => {
    const down = rows.findIndex(({ q }) => q === hand.at?.q);
    return down < 0 || hand.at?.j === undefined ? null : [down, hand.at.j];
  };
  const press = (/** @type {KeyboardEvent} */ event) => walk(event, hand, here, size, places);
  return stop(name, "cells", hand, press, html`${head}${rows.map((row) => cellRow(row, hand))}`);
}

/** A picture: one stop of the keyboard, whose cells are pointed at.
 * @param {string} name @param {string} kind @param {Hand} hand @param {(event: KeyboardEvent) => void} press @param {unknown} content */
function stop(name, kind, hand, press, content) {
  const point = (/** @type {PointerEvent} */ event) => toCell(event, hand.point);
  const hold = (/** @type {PointerEvent} */ event) => toCell(event, hand.hold);
  return html`<div class=${kind} tabindex="0" role="application" aria-label=${`${name}: arrows move, Enter holds`}
    @pointermove=${point} @pointerdown=${point} @click=${hold} @keydown=${press}>${content}</div>`;
}

/** Tell the place of the cell under the pointer. @param {PointerEvent} event @param {(place: Place, event?: Event) => void} tell */
function toCell(event, tell) {
  const root = /** @type {Document | ShadowRoot} */ (/** @type {Element} */ (event.currentTarget).getRootNode());
  const under = root.elementFromPoint(event.clientX, event.clientY);
  const cell = /** @type {HTMLElement | null} */ (under?.closest("[data-q][data-j]") ?? null);
  if (!cell || !(/** @type {Element} */ (event.currentTarget).contains(cell))) return;
  tell({ q: String(cell.dataset.q), j: Number(cell.dataset.j) }, event);
}

const STEPS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] });

/**
 * Let a key move inside a picture.
 * @param {KeyboardEvent} event @param {Hand} hand
 * @param {() => number[] | null} here Where what is pointed at stands, if it is in this picture.
 * @param {() => number[]} size @param {(down: number, across: number) => Place} places
 * @param {number} [first] The first row and column: -1 where a picture has a head and a side.
 */
export function walk(event, hand, here, size, places, first = 0) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = STEPS[event.key];
  const place = here();
  const [rows, columns] = size();
  if (step || event.key === "Home" || event.key === "End") {
    const [down, across] = step ?? [0, event.key === "Home" ? -columns : columns];
    const inside = (/** @type {number} */ at, /** @type {number} */ n) => Math.max(first, Math.min(n - 1, at));
    const times = event.shiftKey ? 5 : 1;
    const to = place ? [inside(place[0] + down * times, rows), inside(place[1] + across * times, columns)] : [0, 0];
    if (to[0] >= 0 || to[1] >= 0) hand.point(places(to[0], to[1]), event);
  } else if (event.key === "Enter" && place) {
    hand.hold(places(place[0], place[1]));
  } else {
    return;
  }
  event.preventDefault();
}

/**
 * The outer product of a row and a column, with both beside it.
 * @param {string} name
 * @param {{ above: Row, side: Row, q: string, values: Float64Array, scale: Scale }} parts
 * @param {Hand} hand
 */
export function outer(name, { above, side, q, values, scale }, hand) {
  const [rows, columns] = [side.values.length, above.values.length];
  const every = rows <= 10 ? 1 : spacing(rows, 6.5);
  const fill = colourOf(side.scale);
  const places = (/** @type {number} */ down, /** @type {number} */ across) =>
    down < 0 ? { q: above.q, j: Math.max(0, across) } : across < 0 ? { q: side.q, j: down } : { q, j: down, k: across };
  const here = () => {
    const at = hand.at;
    if (!at || at.j === undefined) return null;
    if (at.q === q && at.k !== undefined) return [at.j, at.k];
    return at.q === above.q ? [-1, at.j] : at.q === side.q ? [at.j, -1] : null;
  };
  /** @param {PointerEvent} event @returns {Place} */
  const under = (event) => {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    const at = (/** @type {number} */ share, /** @type {number} */ n) => Math.max(0, Math.min(n - 1, Math.floor(share * n)));
    return { q, j: at((event.clientY - box.top) / box.height, rows), k: at((event.clientX - box.left) / box.width, columns) };
  };
  const press = (/** @type {KeyboardEvent} */ event) => walk(event, hand, here, () => [rows, columns], places, -1);
  const point = (/** @type {PointerEvent} */ event) => hand.point(under(event), event);
  return stop(name, "cells outer", hand, press, html`${cellRow(above, hand, "above")}
    <div class="line"><span class="l side q-d"><span>${side.label}</span><span class="js" aria-hidden="true">${marks(rows, every, "top")}</span>
        <span class="sides ${rows > 20 ? "dense" : ""} ${wholly(hand.lit, side.q)}" .style=${tracks("rows", rows)}>${Array.from(side.values, (value, j) => html`<i
          class=${cellClass(hand.lit, side.q, j)} data-q=${side.q} data-j=${j} data-value=${value} .style=${`background:rgb(${fill(value)})`}></i>`)}</span></span>
      <div class="v whole" data-matrix=${q} @pointermove=${point} @pointerdown=${point} @click=${(/** @type {PointerEvent} */ event) => hand.hold(under(event))}>
        <nn-picture .values=${values} .rows=${rows} .columns=${columns} .max=${scale.most}></nn-picture>${frame(hand.lit.get(q), rows, columns)}</div></div>`);
}

/** A frame around a cell of a picture, or around all. @param {unknown} framed @param {number} rows @param {number} columns */
function frame(framed, rows, columns) {
  const box = framed === "all" ? [0, 0, rows, columns] : Array.isArray(framed) ? [framed[0], framed[1], 1, 1] : null;
  if (!box) return nothing;
  const [top, left, high, wide] = box;
  const [down, across] = [100 / rows, 100 / columns];
  return html`<span class="frame-n" .style=${`top:${down * top}%;left:${across * left}%;height:${down * high}%;width:${across * wide}%`}></span>`;
}
