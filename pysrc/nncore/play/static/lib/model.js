/**
 * A `Model` is what a screen knows of the place it runs in. It is anywidget's interface: the state of a widget by
 * name, and messages to the core. `State` keeps the state where no notebook does.
 *
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, callback: (...values: any[]) => void) => void} on
 * @property {(event: string, callback?: (...values: any[]) => void) => void} off
 * @property {(content: unknown, callbacks?: unknown, buffers?: ArrayBufferLike[]) => void} send
 * @property {Host} [host] What this place can do besides; a notebook has none.
 *
 * @typedef {object} Host
 * @property {"page" | "file"} kind
 * @property {() => string} [link] The address of what is shown.
 * @property {(file: File) => Promise<void>} [open] Opens another network.
 * @property {(title: string) => void} [opened] Is told which network a screen has opened.
 * @property {(screen: string, state?: Record<string, unknown>) => void} [go] Shows another screen.
 *
 * @typedef {object} Screen
 * @property {string} name
 * @property {string} title
 * @property {string} chapter The heading under which the rail lists it.
 * @property {Record<string, unknown>} defaults The state that a link without any has.
 * @property {string[]} [shared] Names in the state that all screens of a page have in common.
 * @property {(place: { model: Model, el: HTMLElement }) => (() => void)} render It returns what ends the screen.
 */

/** Listeners by the name of their event. */
export class Listeners {
  constructor() {
    /** @type {Map<string, Set<(...values: any[]) => void>>} */
    this.byEvent = new Map();
  }

  /** @param {string} event @param {(...values: any[]) => void} callback */
  on(event, callback) {
    if (!this.byEvent.has(event)) this.byEvent.set(event, new Set());
    this.byEvent.get(event)?.add(callback);
  }

  /** @param {string} event @param {(...values: any[]) => void} [callback] */
  off(event, callback) {
    if (callback) this.byEvent.get(event)?.delete(callback);
    else this.byEvent.delete(event);
  }

  /** Return whether anybody listens. @param {string} event */
  listens(event) {
    return Boolean(this.byEvent.get(event)?.size);
  }

  /** @param {string} event @param {unknown[]} values */
  tell(event, ...values) {
    for (const callback of [...(this.byEvent.get(event) ?? [])]) callback(...values);
  }
}

/** The state of a screen, and who listens to its changes. */
export class State extends Listeners {
  /** @param {Record<string, unknown>} values @param {() => void} [saved] It is called when the state is to be kept. */
  constructor(values, saved = () => {}) {
    super();
    this.values = { ...values };
    this.saved = saved;
  }

  /** @param {string} name */
  get(name) {
    return this.values[name];
  }

  /** @param {string} name @param {unknown} value */
  set(name, value) {
    if (this.values[name] === value) return;
    this.values[name] = value;
    this.tell(`change:${name}`);
    this.tell("change");
  }

  save_changes() {
    this.saved();
  }
}
