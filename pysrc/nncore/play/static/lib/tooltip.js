/** One tooltip for all: text beside the pointer; on touch above the finger, until the next touch. */

/** @type {HTMLElement | null} */
let box = null;

/** Show a text at the place of an event. @param {string} text @param {PointerEvent} event */
export function showTip(text, event) {
  const root = /** @type {Element} */ (event.target).closest("[data-nncore]") ?? document.body;
  if (!box || box.parentElement !== root) {
    box?.remove();
    box = Object.assign(document.createElement("div"), { className: "tip" });
    box.setAttribute("role", "tooltip");
    root.append(box);
  }
  box.textContent = text;
  box.classList.add("on");
  const { offsetWidth: width, offsetHeight: height } = box;
  const touch = event.pointerType === "touch";
  const left = event.clientX + (touch ? -width / 2 : 14);
  const below = event.clientY + 18;
  const above = event.clientY - height - (touch ? 36 : 10);
  box.style.left = `${Math.max(4, Math.min(innerWidth - width - 8, left))}px`;
  box.style.top = `${touch || below + height > innerHeight ? Math.max(4, above) : below}px`;
}

/** @param {PointerEvent} [event] A finger that lifts leaves the tooltip. */
export function hideTip(event) {
  if (event?.pointerType !== "touch") box?.classList.remove("on");
}

addEventListener("pointerdown", () => box?.classList.remove("on"), true);
addEventListener("hashchange", () => box?.classList.remove("on"));

/** Return what an element needs to show a tooltip. @param {() => string} text */
export function tip(text) {
  return {
    /** @param {PointerEvent} event */
    show: (event) => showTip(text(), event),
    /** @param {PointerEvent} event */
    hide: (event) => hideTip(event),
  };
}
