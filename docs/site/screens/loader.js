/**
 * This script shows the screens of a page, each when the reader has scrolled near it. It is a plain script, and so is
 * what it loads: pages that are opened from the disk cannot load modules. `bundles.py` writes those scripts.
 */

const nncoreScreens = (() => {
  const here = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  /** What scripts hand over: a promise by the name of the script. @type {Map<string, Promise<any>>} */
  const loading = new Map();
  /** @type {Map<string, (content: any) => void>} */
  const waiting = new Map();
  /** The addresses of modules, by name. @type {Record<string, string>} */
  const addresses = {};

  /** Take what a script hands over. @param {string} name @param {unknown} content */
  function take(name, content) {
    waiting.get(name)?.(content);
  }

  /** Load a script once, and return what it hands over. @param {string} name @returns {Promise<any>} */
  function load(name) {
    const known = loading.get(name);
    if (known) return known;
    const coming = new Promise((done, fail) => {
      waiting.set(name, done);
      const address = new URL(`${name}.js?v=${VERSION}`, here).href;
      const script = Object.assign(document.createElement("script"), { src: address });
      script.onerror = () => fail(new Error(`${address} is missing`));
      document.head.append(script);
    });
    loading.set(name, coming);
    return coming;
  }

  /** Make a blob of each module that is not known yet. @param {[string, string][]} modules */
  function link(modules) {
    for (const [name, text] of modules) {
      if (name in addresses) continue;
      const linked = text.replace(/^(import [^"]*")\/(.*)(";)/gm, (_, a, path, z) => a + addresses[path] + z);
      addresses[name] = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
    }
  }

  /** Return the bytes that a script of data hands over. @param {string} name */
  async function bytesOf(name) {
    const packed = Uint8Array.from(atob(await load(name)), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Show a screen in place of its picture. @param {HTMLElement} figure */
  async function show(figure) {
    const name = /** @type {string} */ (figure.dataset.screen);
    const [shared, own] = await Promise.all([load("shared"), load(name)]);
    link(shared.modules);
    link(own.modules);
    const [host, screen, answers] = await Promise.all(
      ["hosts/site.js", `screens/${name}.js`, `answers/${name}.js`].map((module) => import(addresses[module])),
    );
    host.show(figure, screen.default, answers.answersOf, bytesOf, shared.styles + own.styles);
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      show(/** @type {HTMLElement} */ (target)).catch((error) => console.error(error)); // its picture stays
    }
  }, { rootMargin: "600px" });

  const begin = () => document.querySelectorAll(".nn-screen[data-live]").forEach((figure) => near.observe(figure));
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
  return { take };
})();
