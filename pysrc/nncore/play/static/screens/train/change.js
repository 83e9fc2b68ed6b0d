/** The dialog that asks for the one change with which a run is made again. */

import { parsed, typed } from "../../lib/numbers.js";
import { html, nothing } from "../../vendor/lit-html.js";

/** @typedef {import("./recipes.js").Settings} Settings */

/** @type {{ name: keyof Settings, title: string, choices?: string[], next: (now: Settings) => string | number }[]} */
const CHANGES = [
  { name: "init", title: "weights start", choices: ["scaled", "large", "zeros"], next: ({ init }) => (init === "scaled" ? "large" : "scaled") },
  { name: "cost", title: "cost", choices: ["quadratic", "cross-entropy"], next: ({ cost }) => (cost === "quadratic" ? "cross-entropy" : "quadratic") },
  { name: "hidden", title: "hidden neurons", next: ({ hidden }) => (hidden === 100 ? 30 : 100) },
  { name: "eta", title: "eta", next: ({ eta }) => Number((eta / 10).toPrecision(3)) },
  { name: "lmbda", title: "lmbda", next: ({ lmbda }) => (lmbda === 5 ? 0 : 5) },
  { name: "mini_batch_size", title: "mini-batch", next: ({ mini_batch_size: m }) => (m === 100 ? 10 : 100) },
  { name: "momentum", title: "momentum", next: ({ momentum }) => (momentum ? 0 : 0.5) },
  { name: "seed", title: "seed", next: ({ seed }) => seed + 1 },
];

/** The change that is asked for until the reader chooses. */
export const FIRST_CHANGE = "init";

/**
 * @param {{ letter: string, settings: Settings, chosen: string, refusal: string, choose: (name: string) => void,
 *   run: (name: string, value: string | number) => void, close: () => void }} given
 */
export function change({ letter, settings, chosen, refusal, choose, run, close }) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.currentTarget).elements.namedItem(`to-${chosen}`));
    const text = field.value;
    run(chosen, field instanceof HTMLSelectElement ? text : Number.isNaN(parsed(text)) ? text : parsed(text));
  };
  return html`<dialog class="sheet" aria-label="Run it again with one change" @close=${close}><form class="change" @submit=${submit}>
    <h3>Run ${letter} again with one change</h3>
    <p class="cap">All else stays as it is.</p>
    ${CHANGES.map(({ name, title, choices, next }) => {
      const now = settings[name];
      const to = next(settings);
      return html`<label class="one"><input type="radio" name="change" value=${name} ?checked=${name === chosen} @change=${() => choose(name)}>
        <span>${title}</span><span class="dim">${typeof now === "number" ? (name === "seed" ? now : typed(now)) : now} to</span>
        ${choices ? html`<select class="field" name=${`to-${name}`} aria-label=${`${title}, to`} @focus=${() => choose(name)}>${choices.filter((choice) => choice !== now).map(
            (choice) => html`<option ?selected=${choice === to}>${choice}</option>`)}</select>`
          : html`<input class="field" name=${`to-${name}`} inputmode="decimal" value=${String(to)} aria-label=${`${title}, to`} aria-invalid=${Boolean(refusal) && name === chosen} @focus=${() => choose(name)}>`}</label>
        ${refusal && name === chosen ? html`<span class="refusal" role="alert">${refusal}</span>` : nothing}`;
    })}
    <div class="row"><button class="btn main" type="submit">Run it</button>
      <button class="btn" type="button" @click=${(/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.currentTarget).closest("dialog")?.close()}>Cancel</button></div>
  </form></dialog>`;
}
