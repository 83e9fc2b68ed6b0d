/** What all exported pages do: take the colours of the system, and show a screen with the page's own network. */

import { LocalModel } from "../hosts/local.js";
import { themes } from "../lib/colours.js";
import { load } from "../net/load.js";

/**
 * Show a screen, and return its model and what the page holds.
 * @param {import("../lib/model.js").Screen} screen @param {Uint8Array<ArrayBuffer>} bytes
 */
export function showScreen(screen, bytes) {
  followTheme(matchMedia("(prefers-color-scheme: dark)"));
  const content = load(bytes);
  const model = new LocalModel(content, screen.defaults, { kind: "file" });
  const el = Object.assign(document.createElement("div"), { className: `screen ${screen.name}` });
  document.querySelector("#stage")?.replaceChildren(el);
  screen.render({ model, el });
  return { model, content };
}

/** @param {MediaQueryList} dark */
function followTheme(dark) {
  const set = () => {
    document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
    themes.dispatchEvent(new Event("change"));
  };
  set();
  dark.addEventListener("change", set);
}
