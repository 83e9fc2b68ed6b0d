/** The number that is pointed at: a heading in words, its equation, the same with numbers, and the central difference. */

import { counted, fixed, significant } from "../../lib/numbers.js";
import { html, nothing } from "../../vendor/lit-html.js";
import { spoken, symbol } from "./lines.js";
import { quantities } from "./quantities.js";

/** @typedef {import("./quantities.js").Seen} Seen */
/** @typedef {import("./quantities.js").Place} Place */
/** @typedef {import("./quantities.js").Values} Values */
/**
 * @typedef {{ kind: "weights" | "biases", layer: number, entry: number[] }} Parameter What the central difference is by.
 * @typedef {{ difference: number | null, rounding: number }} Check The central difference, and what rounding can do to it.
 * @typedef {{ title: string, equation?: unknown, value?: number, factors?: unknown, note?: string, parameter?: Parameter,
 *   python?: string }} Description
 */

/** @type {Record<string, string>} */
const TITLES = {
  z: "The weighted inputs", a: "The activations", d: "The errors", s: "σ′(z)", w: "The weights", n: "How C changes with the weights",
  u: "The errors, carried back", y: "The target",
};
const MOST_TERMS = 3;
const SIDE = 28; // of the pictures that the screen shows

/** @param {number} value */
const four = (value) => significant(value, 4);

/** A factor, underlined in the colour of its symbol. @param {string} q @param {number} value @param {unknown} [text] */
const factor = (q, value, text = four(value)) => html`<span class="f q-${q[0]}" data-factor=${q} data-value=${value}>${text}</span>`;

/** @param {string} q @param {unknown} indices */
const at = (q, indices) => (q[0] === "s"
  ? html`<span class="q-s">σ′(z<sup>${q.slice(1)}</sup><sub>${indices}</sub>)</span>`
  : html`<span class="q-${q[0]}">${symbol(q)}<sub>${indices}</sub></span>`);

/** Say what a neuron of a layer is called. @param {number} layer @param {number} j @param {Seen} seen */
function named(layer, j, seen) {
  if (layer === 1) return `pixel ${j}`;
  return layer === seen.layers ? `output ${j}` : `neuron ${j} of layer ${layer}`;
}

/** Describe a place. @param {Place} place @param {Seen} seen @returns {Description} */
export function describe(place, seen) {
  const { q, j } = place;
  if (j === undefined) return whole(q, seen);
  const known = quantities(seen);
  const get = (/** @type {string} */ name, /** @type {number} */ at) => /** @type {Float64Array} */ (known.get(name))[at];
  const n = Number(q.slice(1));
  const kind = q[0];
  if (kind === "n") return gradient(n, j, Number(place.k), get, seen);
  if (kind === "d") return n === seen.layers ? lastError(j, get, seen) : error(n, j, get, seen);
  if (kind === "u") return summed(n, j, seen);
  const value = get(q, j);
  const base = { value, equation: at(q, j) };
  const z = known.get(`z${n}`)?.[j];
  const { activation } = valuesOf(n, seen);
  if (kind === "y") {
    const note = seen.y.length > 1 ? `The label is ${seen.label}: y is 1 there, and 0 elsewhere.` : "It is the label.";
    return { ...base, title: `The target of output ${j}`, note };
  }
  if (kind === "z") return { ...base, title: `The weighted input of ${named(n, j, seen)}`, python: `z[${n - 2}][${j}, 0]` };
  if (kind === "a" && n === 1) {
    const note = `Row ${Math.floor(j / SIDE)}, column ${j % SIDE}. The activation of layer 1 is the input.`;
    return { ...base, title: `Pixel ${j}`, note, python: `x[${j}, 0]` };
  }
  if (kind === "a") {
    const equation = html`${at(q, j)} = ${functionOf(activation, html`<i>z</i><sup>${n}</sup><sub>${j}</sub>`)}`;
    const factors = functionOf(activation, factor(`z${n}`, Number(z)));
    return { ...base, title: `The activation of ${named(n, j, seen)}`, equation, factors, python: `a[${n - 2}][${j}, 0]` };
  }
  return slope(n, j, value, get(`a${n}`, j), activation, seen);
}

/** @param {number} n @param {Seen} seen @returns {Partial<Values>} */
const valuesOf = (n, seen) => (n === seen.layers ? seen.last : n === seen.layer ? seen.below : seen.above) ?? {};

/** @param {string | undefined} activation @param {unknown} z */
function functionOf(activation, z) {
  if (activation === "softmax") return html`softmax(<i>z</i>) at ${z}`;
  if (activation === "relu") return html`max(0, ${z})`;
  if (activation === "linear") return z;
  return activation === "tanh" ? html`tanh(${z})` : html`<i>σ</i>(${z})`;
}

/** BP4. @param {number} n @param {number} j @param {number} k @param {(q: string, at: number) => number} get @param {Seen} seen @returns {Description} */
function gradient(n, j, k, get, seen) {
  const columns = /** @type {Values} */ (seen.below).a.length;
  const [a, d] = [get(`a${n - 1}`, k), get(`d${n}`, j)];
  return {
    title: `How C changes with the weight from ${named(n - 1, k, seen)} to ${named(n, j, seen)}`,
    equation: html`∂C/∂w<sup>${n}</sup><sub>${j},${k}</sub> = ${at(`a${n - 1}`, k)} ${at(`d${n}`, j)}`,
    value: get(`n${n}`, j * columns + k),
    factors: html`${factor(`a${n - 1}`, a)} × ${factor(`d${n}`, d)}`,
    parameter: { kind: "weights", layer: n, entry: [j, k] },
    python: `nabla_w[${seen.between?.p}][${j}, ${k}]`,
  };
}

/** BP1. @param {number} j @param {(q: string, at: number) => number} get @param {Seen} seen @returns {Description} */
function lastError(j, get, seen) {
  const n = seen.layers;
  const [a, y] = [get(`a${n}`, j), get("y", j)];
  const wrong = html`${at(`a${n}`, j)} − ${at("y", j)}`;
  const difference = html`${factor(`a${n}`, a)} − ${factor("y", y, String(y))}`;
  return {
    title: `The error of output ${j}`,
    equation: html`${at(`d${n}`, j)} = ${seen.quadratic ? html`(${wrong}) ${at(`s${n}`, j)}` : wrong}`,
    value: get(`d${n}`, j),
    factors: seen.quadratic ? html`(${difference}) × ${factor(`s${n}`, get(`s${n}`, j))}` : difference,
    note: "By BP3 also ∂C/∂b.",
    parameter: { kind: "biases", layer: n, entry: [j, 0] },
    python: `delta[${n - 2}][${j}, 0]`,
  };
}

/** BP2. @param {number} n @param {number} j @param {(q: string, at: number) => number} get @param {Seen} seen @returns {Description} */
function error(n, j, get, seen) {
  const carried = quantities(seen).has(`u${n}`); // that of the upper layer comes from a layer which is not shown
  return {
    title: `The error of ${named(n, j, seen)}`,
    equation: carried ? html`${at(`d${n}`, j)} = (Σ<sub>i</sub> ${term(n + 1, j)}) ${at(`s${n}`, j)}` : at(`d${n}`, j),
    value: get(`d${n}`, j),
    factors: carried ? html`${factor(`u${n}`, get(`u${n}`, j))} × ${factor(`s${n}`, get(`s${n}`, j))}` : undefined,
    note: "By BP3 also ∂C/∂b.",
    parameter: { kind: "biases", layer: n, entry: [j, 0] },
    python: `delta[${n - 2}][${j}, 0]`,
  };
}

/** A term of the sum of BP2. @param {number} n @param {number} j */
const term = (n, j) => html`<span class="q-w">w<sup>${n}</sup><sub>i,${j}</sub></span> <span class="q-d">δ<sup>${n}</sup><sub>i</sub></span>`;

/** The sum of BP2, by its largest terms. @param {number} n @param {number} j @param {Seen} seen @returns {Description} */
function summed(n, j, seen) {
  const { w } = /** @type {{ w: Float64Array }} */ (seen.between);
  const delta = /** @type {Float64Array} */ (seen.above?.delta);
  const columns = w.length / delta.length;
  const size = (/** @type {{ w: number, d: number }} */ each) => Math.abs(each.w * each.d);
  const terms = Array.from(delta, (d, i) => ({ i, w: w[i * columns + j], d })).sort((one, other) => size(other) - size(one));
  const shown = terms.slice(0, MOST_TERMS);
  const more = terms.length > MOST_TERMS;
  const product = (/** @type {{ w: number, d: number }} */ each) =>
    html`${factor(`w${n + 1}`, each.w, bracketed(each.w))}&hairsp;×&hairsp;${factor(`d${n + 1}`, each.d, bracketed(each.d))}`;
  const which = shown.map(({ i }) => i).join(", ");
  return {
    title: `What the errors of layer ${n + 1} say to ${named(n, j, seen)}`,
    equation: html`<span class="q-w">Σ<sub>i</sub></span> ${term(n + 1, j)}`,
    value: /** @type {Float64Array} */ (seen.below?.error)[j],
    factors: html`${shown.map((each, place) => html`${place ? " + " : ""}${product(each)}`)}${more ? " + …" : ""}`,
    note: more ? `The largest ${MOST_TERMS} of ${terms.length} terms, i = ${which}; the number is the sum of all.` : "",
  };
}

/** @param {number} value */
const bracketed = (value) => (value < 0 ? `(${significant(value, 3)})` : significant(value, 3));

/** @param {number} n @param {number} j @param {number} value @param {number} a @param {string | undefined} activation @param {Seen} seen @returns {Description} */
function slope(n, j, value, a, activation, seen) {
  const left = n === seen.layers && !seen.quadratic ? "This cost cancels it: the error of the output layer is a − y." : "";
  const base = { title: `σ′(z) of ${named(n, j, seen)}`, value, equation: at(`s${n}`, j) };
  const shown = factor(`a${n}`, a);
  if (activation === "sigmoid") {
    const note = left || "It is at most 0.25. Near 0 the neuron is saturated, and its error vanishes.";
    return { ...base, equation: html`${base.equation} = <i>a</i> (1 − <i>a</i>)`, factors: html`${shown} × (1 − ${shown})`, note };
  }
  if (activation === "tanh") {
    const note = left || "It is at most 1. Near 0 the neuron is saturated, and its error vanishes.";
    return { ...base, equation: html`${base.equation} = 1 − <i>a</i><sup>2</sup>`, factors: html`1 − ${shown}<sup>2</sup>`, note };
  }
  if (activation === "relu") return { ...base, note: left || "It is 1 where z is above 0, and 0 elsewhere: there the error ends." };
  return { ...base, note: left || "The neuron is linear." };
}

/** A quantity as a whole. @param {string} q @param {Seen} seen @returns {Description} */
function whole(q, seen) {
  const n = Number(q.slice(1));
  const values = quantities(seen).get(q);
  if (q[0] === "b") {
    return {
      title: "How C changes with the biases",
      equation: html`∂C/∂b<sup class="i">l</sup><sub>j</sub> = <span class="q-d">δ<sup class="i">l</sup><sub>j</sub></span>`,
      note: "BP3: for a bias the gradient is the error itself, in every layer.",
    };
  }
  if (!values || (q[0] === "s" && n === seen.layers && !seen.quadratic)) {
    return {
      title: "σ′(z) is left out",
      equation: html`<span class="q-d">δ<sup>${n}</sup></span> = <i>a</i><sup>${n}</sup> − <i>y</i>`,
      note: "This cost cancels it: an output that is wrong learns fast, even where it is saturated.",
    };
  }
  const between = q[0] === "w" || q[0] === "n";
  const where = q === "y" ? "" : between ? ` from layer ${n - 1} to layer ${n}` : ` of layer ${n}`;
  const least = values.reduce((one, other) => Math.min(one, other), Infinity);
  const most = values.reduce((one, other) => Math.max(one, other), -Infinity);
  return {
    title: TITLES[q[0]] + where,
    equation: q[0] === "n" ? html`∂C/∂w<sup>${n}</sup>` : html`<span class="q-${q[0]}">${symbol(q)}</span>`,
    note: `${values.length === 1 ? "One number" : `${counted(values.length)} numbers`}, from ${four(least)} to ${four(most)}.`,
  };
}

/**
 * @param {Description | null} description
 * @param {Check | undefined} check What the core says of the central difference, as soon as it has.
 * @param {{ held: boolean, python: string }} more
 */
export function number(description, check, { held, python }) {
  if (!description) {
    return html`<h3 data-title>Nothing is pointed at</h3>
      <p class="cap">Point at a number or a symbol. With the keyboard: Tab to a picture, then arrows.</p>`;
  }
  const { title, equation, value, factors, note, parameter } = description;
  const line = value === undefined ? nothing
    : html`<div><b data-number data-value=${value}>${significant(value, 6)}</b>${factors ? html` = ${factors}` : nothing}</div>`;
  return html`<h3 data-title>${title}</h3>
    <div class="big"><div>${equation ?? nothing}</div>${line}</div>
    <p class="cap">${note ?? ""} ${parameter && value !== undefined ? compared(value, check) : nothing}</p>
    <p class="cap code">${description.python ? html`<code>${python}.${description.python}</code>` : nothing}${
      held ? html`<span class="held">Held. Escape lets go.</span>` : nothing}</p>`;
}

/** @param {number} value @param {Check | undefined} check */
function compared(value, check) {
  if (!check) return nothing;
  const { difference, rounding } = check;
  if (difference === null) return html`No central difference here: C has a kink between the two points, or is not a finite number.`;
  const size = Math.max(Math.abs(value), Math.abs(difference));
  const shown = html`Central difference, (C(v + ε) − C(v − ε)) / 2ε: <b data-difference data-value=${difference}>${significant(difference, 6)}</b>.`;
  if (size <= rounding) return html`${shown} Both are below its rounding, ${significant(rounding, 1)}.`;
  const relative = Math.abs(value - difference) / size;
  return html`${shown} Relative difference <span data-relative data-value=${relative}>${significant(relative, 1)}</span>.`;
}

/** What is said aloud of a place. @param {Place} place @param {Description} description */
export function aloud(place, { value, note }) {
  const where = place.j === undefined ? "" : place.k === undefined ? ` ${place.j}` : ` ${place.j}, ${place.k}`;
  return `${spoken(place.q)}${where}: ${value === undefined ? note ?? "" : significant(value, 3)}`;
}

/** @param {Seen} seen */
export const costText = ({ cost }) => (cost === null ? "not a finite number" : fixed(cost, 4));
