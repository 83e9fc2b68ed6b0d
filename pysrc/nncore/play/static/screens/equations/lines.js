/** The equations as lines of symbols. A symbol is pointed at as a cell is; a line is one stop of the keyboard. */

import { html } from "../../vendor/lit-html.js";

/** @typedef {import("./quantities.js").Seen} Seen */
/** @typedef {import("./cells.js").Hand} Hand */
/** @typedef {{ look: unknown, q?: string, struck?: boolean }} Piece A symbol, or without a q an operator between symbols. */

/** @param {unknown} number */
const sup = (number) => html`<sup>${number}</sup>`;

/** Return the symbol of a quantity as the equations write it. @param {string} q */
export function symbol(q) {
  const n = q.slice(1);
  const looks = /** @type {Record<string, unknown>} */ ({
    z: html`z${sup(n)}`, a: html`a${sup(n)}`, d: html`δ${sup(n)}`,
    s: html`σ′(z${sup(n)})`, w: html`w${sup(n)}`, y: "y",
    u: html`<span class="q-w">(w${sup(Number(n) + 1)})<sup>T</sup></span>&hairsp;<span class="q-d">δ${sup(Number(n) + 1)}</span>`,
  });
  return looks[q[0]];
}

/** Return the name of a quantity in words, for speech and headings. @param {string} q */
export function spoken(q) {
  const n = q.slice(1);
  return /** @type {Record<string, string>} */ ({
    z: `weighted input z ${n}`, a: `activation a ${n}`, d: `error delta ${n}`, s: `sigma prime of z ${n}`, w: `weights w ${n}`, y: "target y",
    u: `w ${Number(n) + 1} transposed times delta ${Number(n) + 1}`, n: `gradient by w ${n}`, b: "gradient by the biases",
  })[q[0]];
}

/** @param {string} q @param {boolean} [struck] @returns {Piece} */
const piece = (q, struck = false) => ({ q, look: symbol(q), struck });

/** @param {unknown} look @returns {Piece} */
const sign = (look) => ({ look: html`&thinsp;${look}&thinsp;` });

/** @param {unknown} look @returns {Piece} */
const bracket = (look) => ({ look });

/** @param {unknown} top @param {unknown} bottom */
const fraction = (top, bottom) => html`<span class="st"><span class="top">${top}</span><span>${bottom}</span></span>`;

/** BP1: a cost that cancels sigma'(z) has it struck out. @param {Seen} seen @returns {Piece[]} */
export function bp1({ layers, quadratic }) {
  const wrong = [bracket("("), piece(`a${layers}`), sign("−"), piece("y"), bracket(")")];
  return [piece(`d${layers}`), sign("="), ...wrong, sign("⊙"), piece(`s${layers}`, !quadratic)];
}

/** BP2. @param {number} layer @returns {Piece[]} */
export function bp2(layer) {
  const carried = [bracket("("), piece(`w${layer + 1}`), bracket(html`)<sup>T</sup>`), piece(`d${layer + 1}`)];
  return [piece(`d${layer}`), sign("="), ...carried, sign("⊙"), piece(`s${layer}`)];
}

/** BP3. @param {number} layers @returns {Piece[]} */
export const bp3 = (layers) => [{ q: `b${layers}`, look: fraction("∂C", "∂b") }, sign("="), { q: `d${layers}`, look: "δ" }];

/** BP4. @param {number} layer @returns {Piece[]} */
export const bp4 = (layer) => [{ q: `n${layer + 1}`, look: fraction("∂C", html`∂w<sub>jk</sub>`) }, sign("="),
  { q: `a${layer}`, look: html`a<sub>k</sub>` }, { q: `d${layer + 1}`, look: html`δ<sub>j</sub>` }];

/** @param {string} name @param {Piece[]} pieces @param {Hand} hand */
export function equation(name, pieces, hand) {
  const symbols = pieces.flatMap(({ q }) => q ?? []);
  const press = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const at = hand.at && hand.at.j === undefined ? symbols.indexOf(hand.at.q) : -1;
    if (step) hand.point({ q: symbols[Math.max(0, Math.min(symbols.length - 1, at < 0 ? 0 : at + step))] }, event);
    else if (event.key === "Enter" && at >= 0) hand.hold({ q: symbols[at] });
    else return;
    event.preventDefault();
  };
  const words = `${name}: arrows move from symbol to symbol, Enter holds`;
  return html`<div class="eqn" tabindex="0" role="application" aria-label=${words} @keydown=${press}>${pieces.map(({ q, look, struck }) => {
    if (!q) return html`<span class="o">${look}</span>`;
    return html`<span class="s q-${q[0]} ${hand.lit.has(q) ? "on" : ""} ${struck ? "gone" : ""}" data-symbol=${q}
      @pointerenter=${(/** @type {Event} */ event) => hand.point({ q }, event)} @click=${() => hand.hold({ q })}>${look}</span>`;
  })}</div>`;
}
