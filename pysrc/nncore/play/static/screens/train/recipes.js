/**
 * The runs as a link carries them. The first run's settings stand under their names; another run is what differs from
 * them, such as "start:large,eta:1@3/1200,at:30": `eta` became 1 after 3 epochs and 1,200 images, and it stands after
 * 30 epochs.
 */

/**
 * @typedef {{ eta: number, lmbda: number, mini_batch_size: number, momentum: number, hidden: number, cost: string, init: string, seed: number }} Settings
 * @typedef {{ images: number, name: keyof Settings, value: number }} Move
 * @typedef {{ settings: Partial<Settings>, moved: [number, number, string, number][], at: [number, number] }} Recipe
 * @typedef {{ settings: Settings, moved: Move[], images: number }} Run
 */

/** The names of settings in a link, and in the core. @type {Record<string, keyof Settings>} */
const NAMES = { eta: "eta", lmbda: "lmbda", batch: "mini_batch_size", momentum: "momentum", hidden: "hidden", cost: "cost", start: "init", seed: "seed" };
const SHORT = Object.fromEntries(Object.entries(NAMES).map(([short, name]) => [name, short]));
const LONGEST = 4000; // letters of what was moved; beyond that a link begins anew

/** The state of a link without any: the book's first network, twelve epochs on, and another start beside it. */
export const defaults = {
  eta: 3, lmbda: 0, batch: 10, momentum: 0, hidden: 30, cost: "quadratic", start: "scaled", seed: 1,
  moved: "", at: "12", beside: "start:large,at:30", current: 0, epochs: 30, speed: 2, plot: "accuracy",
};

/** Return what the core is asked to begin with. @param {(name: string) => any} get The state. */
export function recipes(get) {
  const settings = Object.fromEntries(Object.entries(NAMES).map(([short, name]) => [name, get(short)]));
  const { moved } = read(get("moved"));
  const first = { settings, moved, at: place(get("at")) };
  const others = get("beside").split(";").filter(Boolean).slice(0, 3).map((/** @type {string} */ text) => {
    const run = read(text);
    return { ...run, settings: { ...settings, ...run.settings } };
  });
  return [first, ...others];
}

/** Return the state that a link carries of these runs. @param {Run[]} runs @param {number} n */
export function stateOf(runs, n) {
  const [first, ...others] = runs;
  const settings = Object.fromEntries(Object.entries(NAMES).map(([short, name]) => [short, first.settings[name]]));
  const moved = movesText(first.moved, n);
  const beside = others.map((run) => {
    const differs = Object.entries(NAMES).filter(([, name]) => run.settings[name] !== first.settings[name]);
    return [...differs.map(([short, name]) => `${short}:${run.settings[name]}`), movesText(run.moved, n), `at:${placeText(run.images, n)}`].filter(Boolean).join(",");
  }).join(";");
  const tooLong = moved.length + beside.length > LONGEST;
  return { ...settings, moved: tooLong ? "" : moved, beside: tooLong ? "" : beside, at: tooLong ? "0" : placeText(first.images, n) };
}

/** @param {string} text @returns {Recipe} */
function read(text) {
  /** @type {Recipe} */
  const recipe = { settings: {}, moved: [], at: [0, 0] };
  for (const part of text.split(",")) {
    const [short, given = ""] = part.split(":");
    const [value, where] = given.split("@");
    const name = NAMES[short];
    if (short === "at") recipe.at = place(value);
    else if (name && where) recipe.moved.push([...place(where), name, Number(value)]);
    else if (name) Object.assign(recipe.settings, { [name]: name === "cost" || name === "init" ? value : Number(value) });
  }
  return recipe;
}

/** @param {string} text @returns {[number, number]} */
function place(text) {
  const [epochs, images = 0] = text.split("/").map(Number);
  return [epochs || 0, images || 0];
}

/** @param {number} images @param {number} n */
const placeText = (images, n) => (images % n ? `${Math.floor(images / n)}/${images % n}` : `${images / n}`);

/** @param {Move[]} moved @param {number} n */
const movesText = (moved, n) => moved.map(({ images, name, value }) => `${SHORT[name]}:${value}@${placeText(images, n)}`).join(",");
