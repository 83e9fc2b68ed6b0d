/** The page of `nncore play`: the rail of screens, the socket to the core, links, theme and keys. */

import { Connection } from "./hosts/socket.js";
import { themes } from "./lib/colours.js";
import { onKeys } from "./lib/keys.js";
import { fragment, parted, stateOf } from "./lib/links.js";
import { copy } from "./parts/head.js";
import { load, SCREENS } from "./screens/index.js";
import { html, nothing, render } from "./vendor/lit-html.js";

const KEYS = [
  ["0 to 9", "a test digit of that class, on Draw, The four equations and Softmax; what a digit is, on My handwriting (x: no digit)"],
  ["Space", "start or pause"],
  ["s, e", "one step, one epoch"],
  ["c, Ctrl Z", "clear, undo"],
  ["a", "apply what the doctor advises"],
  ["[ and ]", "the screen before, and the next"],
  ["l", "copy the link"],
  ["d", "dark or light"],
  ["p", "larger type"],
  ["Arrows, Enter", "the number in focus, or the next cell of a picture; select it"],
  ["Escape", "let go, close"],
  ["?", "this list"],
];

/** The page keeps the state of each screen that was shown, and what screens have in common. */
const page = {
  /** @type {"" | "dark" | "light"} */
  theme: "",
  large: false,
  help: false,
  menu: false,
  /** @type {"waits" | "connected" | "closed" | "refused"} */
  core: "waits",
  network: "",
  /** The screens that the core knows. */
  screens: SCREENS.slice(0, 1),
  current: SCREENS[0],
  /** @type {Map<string, Record<string, unknown>>} */
  states: new Map(),
  /** @type {Record<string, unknown>} */
  shared: {},
  /** @type {() => void} */
  end: () => {},
  /** @type {import("./lib/model.js").State | null} The state of the screen that is shown. */
  model: null,
  /** @type {import("./lib/model.js").Screen | null} */
  screen: null,
};

const connection = new Connection(takeToken());
connection.on("welcome", (welcome) => {
  page.core = "connected";
  page.network = welcome.network?.title ?? "";
  page.screens = SCREENS.filter(({ name }) => welcome.screens.includes(name));
  show();
});
connection.on("closed", (code) => {
  page.core = code === 4401 || code === 4429 ? "refused" : "closed";
  draw();
});

/** Return the token of the command's address, and take it out of the address bar. It stays until the tab is closed. */
function takeToken() {
  const given = /[#&?]token=([\w-]+)/.exec(location.hash);
  if (given) {
    const rest = location.hash.replace(given[0], "").replace(/^#?[&?]?/, "#");
    history.replaceState(null, "", rest === "#" ? location.pathname : rest);
    sessionStorage.setItem("token", given[1]);
  }
  return sessionStorage.getItem("token") ?? "";
}

/** Read the address, and show the screen that it names. */
async function show() {
  const { name, query } = parted(location.hash);
  const entry = page.screens.find((screen) => screen.name === name) ?? page.screens[0];
  setTheme(query.get("theme") ?? page.theme);
  page.menu = false;
  if (page.core === "waits") return;
  page.current = entry;
  draw();
  const screen = await load(entry.name);
  if (page.current !== entry) return;
  page.end();
  const known = page.states.get(screen.name) ?? {};
  const common = Object.fromEntries((screen.shared ?? []).filter((key) => key in page.shared).map((key) => [key, page.shared[key]]));
  const state = [...query.keys()].some((key) => key in screen.defaults)
    ? stateOf(query, screen.defaults)
    : { ...screen.defaults, ...known, ...common };
  const stage = /** @type {HTMLElement} */ (document.querySelector("#stage"));
  const el = document.createElement("div");
  el.className = `screen ${screen.name}`;
  stage.replaceChildren(el);
  const model = connection.model(screen.name, state, () => keep(screen, model), { kind: "page", link, open, opened, go });
  [page.screen, page.model] = [screen, model];
  page.end = screen.render({ model, el });
  keep(screen, model);
  draw();
}

/** Keep a screen's state in the address. @param {import("./lib/model.js").Screen} screen @param {import("./lib/model.js").State} model */
function keep(screen, model) {
  if (page.model !== model) return; // a screen that has ended may still say something
  page.states.set(screen.name, model.values);
  for (const key of screen.shared ?? []) page.shared[key] = model.values[key];
  const text = fragment(screen.name, model.values, screen.defaults);
  const theme = page.theme ? `${text.includes("?") ? "&" : "?"}theme=${page.theme}` : "";
  history.replaceState(null, "", text + theme);
}

/** Return the address of what is shown. The token is not a part of it. */
function link() {
  if (page.screen && page.model) keep(page.screen, page.model); // a drawing is kept a moment later
  return location.href;
}

/** @param {string} name @param {Record<string, unknown>} [state] */
function go(name, state = {}) {
  const kept = page.states.get(name) ?? {};
  page.states.set(name, { ...kept, ...state });
  Object.assign(page.shared, state);
  location.hash = `#${name}`;
}

/** Open another network. @param {File} file */
async function open(file) {
  const data = new Uint8Array(await file.arrayBuffer());
  const { Core } = await import("./lib/core.js");
  const core = new Core(connection.model("", {}, () => {}));
  try {
    const network = await core.ask("open", { name: file.name, data });
    page.network = network.title;
  } finally {
    core.end();
  }
  show();
}

/** Say in the rail which network is open: a screen has opened one. @param {string} title */
function opened(title) {
  page.network = title;
  draw();
}

/** @param {string} theme */
function setTheme(theme) {
  page.theme = theme === "dark" || theme === "light" ? theme : "";
  const dark = page.theme ? page.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const before = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  if (before !== document.documentElement.dataset.theme) themes.dispatchEvent(new Event("change"));
}

function toggleTheme() {
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  const hash = location.hash.replace(/[?&]theme=\w+/, "").replace("&", location.hash.includes("?theme") ? "?" : "&");
  history.replaceState(null, "", `${hash || `#${page.current.name}`}${hash.includes("?") ? "&" : "?"}theme=${page.theme}`);
}

function toggleLarge() {
  page.large = !page.large;
  document.documentElement.toggleAttribute("data-large", page.large);
  dispatchEvent(new Event("resize"));
}

/** @param {number} step */
function toNeighbour(step) {
  const next = page.screens[page.screens.indexOf(page.current) + step];
  if (next) location.hash = `#${next.name}`;
}

function frame() {
  return html`<div class="frame nn" data-nncore data-page>
    <nav class="rail ${page.menu ? "open" : ""}" aria-label="Screens">
      <a class="brand" href="#draw">nncore <span>play</span></a>
      ${[...new Set(page.screens.map(({ chapter }) => chapter))].map((chapter) => html`<h2>${chapter}</h2>${page.screens.filter((screen) => screen.chapter === chapter).map(
        (screen) => html`<a class="s" href=${`#${screen.name}`} aria-current=${screen === page.current ? "page" : nothing}>${screen.title}</a>`,
      )}`)}
      <div class="foot"><span class="dot ${page.core === "connected" ? "" : "off"}"></span>${
        page.core === "connected" ? "Connected to the core" : page.core === "waits" ? "Waiting for the core" : "Not connected"
      }<br>${page.network}</div>
    </nav>
    <main>
      <div class="menu"><b>nncore</b><span class="dim">${page.current.chapter}</span>
        <button class="btn" aria-expanded=${page.menu} @click=${() => { page.menu = !page.menu; draw(); }}>Screens</button></div>
      ${notice()}
      <div id="stage" class=${page.core === "closed" || page.core === "refused" ? "stale" : ""}></div>
    </main>
    ${page.help ? help() : nothing}
  </div>`;
}

function notice() {
  if (page.core === "closed") {
    return html`<div class="said bad" role="alert"><span><b>The core has stopped.</b> Your drawing is kept.</span>
      <button class="btn" @click=${again}>Try again</button></div>`;
  }
  if (page.core === "refused") {
    return html`<div class="said bad" role="alert"><span><b>The core does not know this page.</b> Start nncore play again, and
      open the address that it prints.</span></div>`;
  }
  return nothing;
}

function again() {
  page.core = "waits";
  draw();
  connection.open();
}

function help() {
  return html`<div class="help" role="dialog" aria-modal="true" aria-label="Keys" @click=${closeHelp}><div>
    <h3>Keys</h3><dl>${KEYS.map(([key, act]) => html`<dt><kbd>${key}</kbd></dt><dd>${act}</dd>`)}</dl>
    <button class="btn" @click=${closeHelp}>Close</button></div></div>`;
}

function closeHelp() {
  page.help = false;
  draw();
}

function closeAll() {
  page.help = page.menu = false;
  draw();
}

function draw() {
  const place = /** @type {HTMLElement} */ (document.querySelector("#page"));
  render(frame(), place);
  document.title = `${page.current.title} · nncore play`;
}

document.querySelector("#page")?.replaceChildren();
setTheme(parted(location.hash).query.get("theme") ?? "");
draw();
onKeys(/** @type {HTMLElement} */ (document.querySelector("[data-page]")), {
  "[": () => toNeighbour(-1),
  "]": () => toNeighbour(1),
  d: toggleTheme,
  p: toggleLarge,
  l: () => copy(link()),
  "?": () => { page.help = !page.help; draw(); },
  Escape: () => (page.help || page.menu) && closeAll(),
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(page.theme));
addEventListener("hashchange", show);
connection.open();
