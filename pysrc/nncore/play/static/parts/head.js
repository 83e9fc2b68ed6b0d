/** The head of a screen: its title, a sentence that says what to do, and at most three quiet buttons. */

import { html, nothing } from "../vendor/lit-html.js";

/**
 * @param {import("../lib/model.js").Model} model
 * @param {string} title
 * @param {string} lead
 * @param {[string, () => void][]} [tools] The names of buttons, and what they do. Copy link follows them.
 */
export function head(model, title, lead, tools = []) {
  return html`<header class="top">
    <h1>${title}</h1>
    <p class="lead">${lead}</p>
    <div class="tools">
      ${tools.map(([name, act]) => html`<button class="btn quiet" @click=${act}>${name}</button>`)}
      ${model.host?.link ? html`<button class="btn quiet" @click=${(/** @type {Event} */ event) => copyLink(model, event)}>Copy link</button>` : nothing}
    </div>
  </header>`;
}

/** @param {import("../lib/model.js").Model} model @param {Event} event */
async function copyLink(model, event) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  await copy(model.host?.link?.() ?? "");
  say(button, "Copied");
}

/** Put a text on the clipboard. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // a browser that keeps the clipboard from pages still copies what is selected
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

/** Let a button, whose text is fixed, say what it has done, for two seconds. @param {HTMLElement} button @param {string} word */
export function say(button, word) {
  const name = button.dataset.name ?? button.textContent ?? "";
  button.dataset.name = name;
  button.textContent = word;
  setTimeout(() => {
    button.textContent = name;
  }, 2000);
}
