/**
 * The script that an exported page begins with: it unpacks the modules of the front end and the network, and hands the
 * network to the module that shows it.
 */

/* global addressesOf */

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";

/** Return the bytes that a text in base85 stands for: 4 bytes for 5 letters. @param {string} text */
function bytesOf(text) {
  const values = new Uint8Array(128).fill(84);
  for (let value = 0; value < 85; value++) values[LETTERS.charCodeAt(value)] = value;
  const groups = Math.ceil(text.length / 5);
  const bytes = new DataView(new ArrayBuffer(4 * groups));
  for (let at = 0; at < groups; at++) {
    let word = 0;
    for (let k = 5 * at; k < 5 * at + 5; k++) word = 85 * word + (k < text.length ? values[text.charCodeAt(k)] : 84);
    bytes.setUint32(4 * at, word);
  }
  return new Uint8Array(bytes.buffer, 0, 4 * groups - (5 * groups - text.length));
}

/** Return what an element of the page holds, unpacked. @param {string} id */
function unpacked(id) {
  const bytes = bytesOf(document.getElementById(id)?.textContent ?? "");
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

async function begin() {
  const { entry, modules, styles, about } = await unpacked("nncore-modules").json();
  document.head.append(Object.assign(document.createElement("style"), { textContent: styles }));
  const below = document.getElementById("about");
  if (below) below.innerHTML = about;
  const { show } = await import(addressesOf(modules)[entry]);
  await show(new Uint8Array(await unpacked("nncore-network").arrayBuffer()));
}

begin().catch((error) => {
  const isOld = typeof DecompressionStream === "undefined";
  const old = "This browser is too old for this page: Chrome 80, Firefox 113 and Safari 16.4 show it, and newer ones.";
  const stage = document.getElementById("stage");
  if (stage) stage.textContent = isOld ? old : String(error);
});
