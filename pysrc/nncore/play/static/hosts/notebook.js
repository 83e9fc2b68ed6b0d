/**
 * The host of a screen in a notebook. anywidget's model keeps one value, `state`, which Python reads and sets as a
 * dict; the screen sees its parts by name. What the screen asks goes to the kernel, as messages of the widget.
 */

import { themes } from "../lib/colours.js";
import { State } from "../lib/model.js";

/** @typedef {import("../lib/model.js").Model} Model */

const WIDTH = 1040; // of a screen, in pixels; a narrower cell shows it smaller
const SMALLEST = 0.6;

/** The model of a screen over that of a widget. */
export class NotebookModel extends State {
  /** @param {Model} widget @param {Record<string, unknown>} defaults */
  constructor(widget, defaults) {
    super({ ...defaults, ...widget.get("state") });
    this.widget = widget;
    this.defaults = defaults;
    /** @param {unknown} content @param {(DataView | ArrayBuffer)[]} buffers */
    this.receive = (content, buffers) => this.tell("msg:custom", content, buffers);
    this.take = () => {
      for (const [name, value] of Object.entries({ ...this.defaults, ...widget.get("state") })) {
        if (JSON.stringify(value) !== JSON.stringify(this.get(name))) this.set(name, value);
      }
    };
    widget.on("msg:custom", this.receive);
    widget.on("change:state", this.take);
  }

  save_changes() {
    const text = JSON.stringify(this.values);
    if (text === JSON.stringify(this.widget.get("state"))) return;
    this.widget.set("state", JSON.parse(text));
    this.widget.save_changes();
  }

  /** @param {unknown} content @param {unknown} [callbacks] @param {ArrayBufferLike[]} [buffers] */
  send(content, callbacks, buffers) {
    this.widget.send(content, callbacks, buffers);
  }

  end() {
    this.widget.off("msg:custom", this.receive);
    this.widget.off("change:state", this.take);
  }
}

/** Return whether the notebook is dark: JupyterLab and VS Code say so in the page, others leave it to the system. */
function isDark() {
  const { body } = document;
  const light = body.dataset.jpThemeLight;
  if (light !== undefined) return light === "false";
  const kind = body.dataset.vscodeThemeKind ?? "";
  return kind ? /dark|high-contrast$/.test(kind) : matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * Return a screen as anywidget takes it.
 * @param {import("../lib/model.js").Screen} screen
 */
export function hosted(screen) {
  return {
    /** @param {{ model: Model, el: HTMLElement }} place */
    render({ model: widget, el }) {
      const inner = Object.assign(document.createElement("div"), { className: `screen ${screen.name}` });
      el.classList.add("nn");
      el.toggleAttribute("data-nncore", true);
      el.append(inner);
      const setTheme = () => {
        el.dataset.theme = isDark() ? "dark" : "light";
        themes.dispatchEvent(new Event("change"));
      };
      setTheme();
      const themed = new MutationObserver(setTheme);
      themed.observe(document.body, { attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
      const sized = new ResizeObserver(() => {
        const room = el.clientWidth || WIDTH;
        inner.style.setProperty("zoom", String(Math.max(SMALLEST, Math.min(1, room / WIDTH))));
      });
      sized.observe(el);
      const model = new NotebookModel(widget, screen.defaults);
      const end = screen.render({ model, el: inner });
      model.save_changes();
      return () => {
        end();
        model.end();
        themed.disconnect();
        sized.disconnect();
      };
    },
  };
}
