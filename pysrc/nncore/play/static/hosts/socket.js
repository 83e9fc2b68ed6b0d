/**
 * The model of a screen on the page: its state is kept by the page, its messages go over one socket to the core. A
 * message is a length, a JSON text, and the bytes of its arrays, each at a multiple of 8.
 */

import { Listeners, State } from "../lib/model.js";

const even = (/** @type {number} */ length) => (length + 7) & ~7;

/** @param {string} screen @param {unknown} content @param {ArrayBufferLike[]} buffers */
export function message(screen, content, buffers) {
  const lengths = buffers.map((buffer) => buffer.byteLength);
  const text = new TextEncoder().encode(JSON.stringify({ screen, content, lengths }));
  const first = even(4 + text.length);
  const bytes = new Uint8Array(first + lengths.reduce((sum, length) => sum + even(length), 0));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = first;
  for (const buffer of buffers) {
    bytes.set(new Uint8Array(buffer), at);
    at += even(buffer.byteLength);
  }
  return bytes.buffer;
}

/** @param {ArrayBuffer} data */
export function parts(data) {
  const length = new DataView(data).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  let at = even(4 + length);
  const buffers = head.lengths.map((/** @type {number} */ bytes) => {
    const view = new DataView(data, at, bytes);
    at += even(bytes);
    return view;
  });
  return { screen: head.screen, content: head.content, buffers };
}

/** The socket to the core. It tells of "welcome" and of "closed". */
export class Connection extends Listeners {
  /** @param {string} token */
  constructor(token) {
    super();
    this.token = token;
    this.alive = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {Map<string, SocketModel>} */
    this.models = new Map();
  }

  open() {
    const socket = new WebSocket(`ws://${location.host}/socket`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ token: this.token }));
    socket.onmessage = ({ data }) => this.receive(parts(data));
    socket.onclose = ({ code }) => {
      this.alive = false;
      this.tell("closed", code);
    };
    this.socket = socket;
  }

  /** @param {{ screen: string, content: any, buffers: DataView[] }} message */
  receive({ screen, content, buffers }) {
    if (screen === "" && content.welcome) {
      this.alive = true;
      this.tell("welcome", content.welcome);
    } else {
      const model = this.models.get(screen);
      if (content.push && !model?.listens("msg:custom")) this.send(screen, { seen: content.seq }, []); // its screen was left
      else model?.tell("msg:custom", content, buffers);
    }
  }

  /** @param {string} screen @param {unknown} content @param {ArrayBufferLike[]} buffers */
  send(screen, content, buffers) {
    if (this.alive) this.socket?.send(message(screen, content, buffers));
  }

  /**
   * Return the model of a screen.
   * @param {string} screen @param {Record<string, unknown>} state @param {() => void} saved
   * @param {import("../lib/model.js").Host} [host]
   */
  model(screen, state, saved, host) {
    const model = new SocketModel(this, screen, state, saved, host);
    this.models.set(screen, model);
    return model;
  }
}

class SocketModel extends State {
  /**
   * @param {Connection} connection @param {string} screen @param {Record<string, unknown>} state
   * @param {() => void} saved @param {import("../lib/model.js").Host} [host]
   */
  constructor(connection, screen, state, saved, host) {
    super(state, saved);
    this.connection = connection;
    this.screen = screen;
    this.host = host;
  }

  /** @param {unknown} content @param {unknown} [callbacks] @param {ArrayBufferLike[]} [buffers] */
  send(content, callbacks, buffers = []) {
    this.connection.send(this.screen, content, buffers);
  }
}
