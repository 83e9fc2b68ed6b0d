/**
 * Make a blob of each module, in an order in which each comes after those that it imports, and return their
 * addresses by name. The modules import by names such as "/lib/core.js"; blobs import one another by address.
 * This text is put into exported pages and notebooks; see files/es_modules.py.
 * @param {[string, string][]} modules names and texts
 */
function addressesOf(modules) {
  /** @type {Record<string, string>} */
  const addresses = {};
  for (const [name, text] of modules) {
    const linked = text.replace(/^(import [^"]*")\/(.*)(";)/gm, (_, a, path, z) => a + addresses[path] + z);
    addresses[name] = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
  }
  return addresses;
}
