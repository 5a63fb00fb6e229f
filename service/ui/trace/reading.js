// Reading the events of a run: of a large one the first rows before all of it, of an active one again as it goes on.

import { get } from "../lib/api.js";
import { read } from "./model.js";

const LARGE = 5_000; // events
const FIRST = 200;
const LOOK_MS = 2000;

/** Read and show a trace. @param {any} run @param {AbortSignal} signal @param {(trace: import("./model.js").Trace) => void} show called with a part, then with the whole @param {boolean} inParts */
export async function readTrace(run, signal, show, inParts) {
  const ask = async (/** @type {import("../lib/api.js").Query} */ more) =>
    read(await get(`runs/${run.run_id}/trace`, { fields: "flat", ...more }, signal));
  if (inParts && run.event_count > LARGE) show(await ask({ limit: FIRST }));
  show(await ask({}));
}

/** Look whether a run has gone on, while it may. @param {any} run @param {AbortSignal} signal @param {(run: any) => Promise<void>} changed */
export function watch(run, signal, changed) {
  if (run.status !== "active" || signal.aborted) return;
  const timer = setTimeout(async () => {
    let now = run;
    try {
      if (!document.hidden) now = await get(`runs/${run.run_id}`, {}, signal);
      if (now.updated_at !== run.updated_at || now.event_count !== run.event_count) await changed(now);
    } catch {
      now = run; // what is shown stays; the next look tells
    }
    watch(now, signal, changed);
  }, LOOK_MS);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}
