// Reading the events of a run: of a large one the first rows before all of it.

import { get } from "../lib/api.js";
import { read } from "./model.js";

const LARGE = 5_000; // events
const FIRST = 200;

/** Read and show a trace. @param {any} run @param {AbortSignal} signal @param {(trace: import("./model.js").Trace) => void} show called with a part, then with the whole @param {boolean} inParts */
export async function readTrace(run, signal, show, inParts) {
  const ask = async (/** @type {import("../lib/api.js").Query} */ more) =>
    read(await get(`runs/${run.run_id}/trace`, { fields: "flat", ...more }, signal));
  if (inParts && run.event_count > LARGE) show(await ask({ limit: FIRST }));
  show(await ask({}));
}
