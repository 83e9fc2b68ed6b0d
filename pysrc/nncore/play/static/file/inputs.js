/** The page of a network that reads numbers. */

import inputs from "../screens/inputs.js";
import { showScreen } from "./page.js";

/** @param {Uint8Array<ArrayBuffer>} bytes */
export function show(bytes) {
  showScreen(inputs, bytes);
}
