/**
 * Questions to the core and its answers, over the messages of a model. Arrays travel as bytes beside the message; in
 * it stands `{ array, type, shape }` in their place.
 */

/** @typedef {import("./model.js").Model} Model */
/** @typedef {Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int32Array} Numbers */
/** @typedef {Numbers & { shape?: number[] }} Shaped */

/** @type {Record<string, any>} */
const TYPES = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int32: Int32Array,
};

/** Return a value with its arrays taken out of it, and their bytes. @param {any} value */
export function packed(value) {
  /** @type {ArrayBuffer[]} */
  const buffers = [];
  /** @param {any} part @returns {any} */
  const take = (part) => {
    const type = Object.keys(TYPES).find((name) => part instanceof TYPES[name]);
    if (type) {
      buffers.push(part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength));
      return { array: buffers.length - 1, type, shape: part.shape ?? [part.length] };
    }
    if (Array.isArray(part)) return part.map(take);
    if (part && typeof part === "object") {
      return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, take(each)]));
    }
    return part;
  };
  return { content: take(value), buffers };
}

/** Return a value with its arrays put back into it. @param {any} content @param {(DataView | ArrayBuffer)[]} buffers */
export function unpacked(content, buffers) {
  /** @param {any} part @returns {any} */
  const put = (part) => {
    if (Array.isArray(part)) return part.map(put);
    if (!part || typeof part !== "object") return part;
    if (typeof part.array === "number" && part.type in TYPES) {
      const buffer = buffers[part.array];
      const bytes = buffer instanceof ArrayBuffer ? new Uint8Array(buffer)
        : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      const numbers = new TYPES[part.type](bytes.slice().buffer);
      numbers.shape = part.shape;
      return numbers;
    }
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, put(each)]));
  };
  return put(content);
}

/** The cores of all screens that are shown: who wants to know whether a page waits for an answer looks here. @type {Set<Core>} */
export const cores = new Set();

/** The core, as one screen sees it. */
export class Core {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.next = 1;
    /** @type {Map<number, { answer: (value: any) => void, refuse: (error: Error) => void }>} */
    this.open = new Map();
    /** @type {Map<string, Set<(value: any) => void>>} */
    this.listeners = new Map();
    this.receive = this.receive.bind(this);
    model.on("msg:custom", this.receive);
    cores.add(this);
  }

  /**
   * Ask the core, and return a promise of its answer. What the core refuses rejects it with the core's own sentence.
   * @param {string} name @param {Record<string, unknown>} [given] @returns {Promise<any>}
   */
  ask(name, given = {}) {
    const id = this.next++;
    const { content, buffers } = packed(given);
    return new Promise((answer, refuse) => {
      this.open.set(id, { answer, refuse });
      this.model.send({ id, ask: name, with: content }, undefined, buffers);
    });
  }

  /** Listen to what the core sends unasked, and return what ends that. @param {string} name @param {(value: any) => void} listener */
  on(name, listener) {
    if (!this.listeners.has(name)) this.listeners.set(name, new Set());
    this.listeners.get(name)?.add(listener);
    return () => this.listeners.get(name)?.delete(listener);
  }

  /** @param {any} content @param {(DataView | ArrayBuffer)[]} [buffers] */
  receive(content, buffers = []) {
    if (content.push) {
      this.model.send({ seen: content.seq });
      if ("error" in content) throw new Error(content.error); // it stands in the browser's console
      const value = unpacked(content.value, buffers);
      this.listeners.get(content.push)?.forEach((listener) => listener(value));
      return;
    }
    const question = this.open.get(content.id);
    if (!question) return;
    this.open.delete(content.id);
    if ("error" in content) question.refuse(new Error(content.error));
    else question.answer(unpacked(content.answer, buffers));
  }

  /** Stop listening; questions that are open get no answer. */
  end() {
    this.model.off("msg:custom", this.receive);
    this.open.clear();
    cores.delete(this);
  }
}

/**
 * Return a function that does the same, but of the calls during one that is under way only the last, after it.
 * @template {any[]} Given @param {(...given: Given) => Promise<void>} work @returns {(...given: Given) => void}
 */
export function latest(work) {
  let busy = false;
  /** @type {Given | null} */
  let waiting = null;
  /** @param {Given} given */
  const run = async (given) => {
    busy = true;
    try {
      await work(...given);
    } finally {
      busy = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        run(next);
      }
    }
  };
  return (...given) => {
    if (busy) waiting = given;
    else run(given);
  };
}

/**
 * Return a function that asks the browser for one call of `draw` in its next frame. Its `now` draws at once, in place of
 * that call: an answer that has come is shown in the frame that is being made.
 * @param {() => void} draw
 */
export function nextFrame(draw) {
  let due = false;
  const now = () => {
    due = false;
    draw();
  };
  return Object.assign(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      if (due) now();
    });
  }, { now });
}
