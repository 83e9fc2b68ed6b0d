/** The lines of Python that do what a run has done. */

/**
 * @typedef {import("./recipes.js").Settings} Settings
 * @typedef {import("./recipes.js").Move} Move
 */

/**
 * @param {{ settings: Settings, moved: Move[], images: number }} run @param {number} n The number of training images.
 * @param {string} load The line that loads the digits.
 */
export function python({ settings, moved, images }, n, load) {
  const sizes = settings.hidden ? `784, ${settings.hidden}, 10` : "784, 10";
  const init = settings.init === "scaled" ? "" : `, init="${settings.init}"`;
  const net = [`net = nn.Network([${sizes}],`, `    cost="${settings.cost}"${init}, seed=${settings.seed})`];
  const wrapped = (/** @type {string} */ line) => (line.length > 33 ? line.replace(/, eta=/, ",\n    eta=") : line);
  const rest = [settings.lmbda ? `, lmbda=${settings.lmbda}` : "", settings.momentum ? `, momentum=${settings.momentum}` : ""].join("");
  const many = `${settings.mini_batch_size}, eta=${settings.eta}${rest})`;
  if (!moved.length && images % n === 0) {
    return [load, ...net, wrapped(`net.SGD(data[0], ${images / n}, ${many}`)].join("\n");
  }
  const steps = wrapped(`steps = nn.Steps(net, data[0], ${many}`);
  const one = net.map((line) => line.trim()).join(" ");
  if (!moved.length) return [load, ...net, steps, `steps.train(${images})`].join("\n");
  if (moved.length === 1) {
    const [{ images: at, name, value }] = moved;
    return [load, one, steps, `steps.train(${at})`, `steps.${name} = ${value}`, `steps.train(${images - at})`].join("\n");
  }
  const list = moved.map(({ images: at, name, value }) => `(${at}, "${name}", ${value})`).join(", ");
  return [load, one, steps, `for at, name, value in [${list}]:`,
    "    steps.train(at - steps.images); setattr(steps, name, value)", `steps.train(${images} - steps.images)`].join("\n");
}

/** Return what to know of these lines, or "". @param {Move[]} moved */
export function note(moved) {
  if (!moved.length) return "";
  return moved.length === 1 ? "One setting was moved on the way. These lines do the same, to the bit."
    : `Settings were moved ${moved.length} times on the way. These lines do the same, to the bit.`;
}
