/** The keys of a screen. On the page they act everywhere but in a field; in a notebook, while the focus is in the widget. */

/** @param {KeyboardEvent} event */
export function isTyping(event) {
  const at = /** @type {Element | null} */ (event.target);
  return Boolean(at?.closest?.("input:not([type=range]), textarea, select, [contenteditable]"));
}

/**
 * Let keys act, and return what ends that. A name is a key as `KeyboardEvent.key` has it, "Ctrl+z" with Control or
 * Command, "0-9" for every digit. An action that returns false leaves its key to others.
 * @param {HTMLElement} el @param {Record<string, (event: KeyboardEvent) => unknown>} actions
 */
export function onKeys(el, actions) {
  const place = el.closest("[data-page]") ? document : el;
  /** @param {Event} given */
  const act = (given) => {
    const event = /** @type {KeyboardEvent} */ (given);
    if (event.defaultPrevented || event.altKey || isTyping(event) || document.querySelector("dialog[open]")) return;
    const pressed = event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
    if (pressed || (event.target instanceof HTMLInputElement && event.key.startsWith("Arrow"))) return;
    const held = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
    const name = /^[0-9]$/.test(event.key) && !held ? "0-9" : held + event.key;
    const action = actions[name];
    if (!action) return;
    if (action(event) !== false) event.preventDefault();
  };
  place.addEventListener("keydown", act);
  return () => place.removeEventListener("keydown", act);
}
