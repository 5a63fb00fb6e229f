// The runs of a search, page after page, and what has come since.

import { get } from "../lib/api.js";
import { many } from "../lib/format.js";

const PAGE = 100;
const NEWEST = 50;

/** Runs in the order of the API. One object for one search: another search is another object. */
export class Pages {
  /** @type {any[]} */
  runs = [];
  isWhole = false;
  stoppedAt = ""; // how far back the last page went, where the time did not suffice for all
  /** Ids of runs that have come since, not in the list. @type {Set<string>} */
  fresh = new Set();
  #known = new Map();
  #cursor = "";
  #loading = /** @type {Promise<void> | null} */ (null);
  #stop = new AbortController();

  /** @param {Record<string, string>} asked parameters of GET /runs */
  constructor(asked) {
    this.asked = asked;
  }

  /** Load the next page; once at a time. */
  more() {
    if (this.isWhole) return Promise.resolve();
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #load() {
    const query = { ...this.asked, limit: PAGE, cursor: this.#cursor };
    const page = await get("runs", query, this.#stop.signal);
    for (const run of page.runs) {
      if (this.#known.has(run.run_id)) continue; // its total changed between two pages
      this.#known.set(run.run_id, this.runs.length);
      this.runs.push(run);
    }
    this.#cursor = page.next_cursor ?? "";
    this.stoppedAt = page.stopped_at ?? "";
    this.isWhole = !this.#cursor;
  }

  /** Look for newer runs, and for changes of the newest. Gives the places that changed. @returns {Promise<number[]>} */
  async look() {
    const page = await get("runs", { ...this.asked, limit: NEWEST }, this.#stop.signal);
    const changed = [];
    for (const run of page.runs) {
      const at = this.#known.get(run.run_id);
      if (at === undefined) {
        if (!this.runs.length || run.started_at >= this.runs[0].started_at) this.fresh.add(run.run_id);
      } else if (this.runs[at].updated_at !== run.updated_at) {
        this.runs[at] = run;
        changed.push(at);
      }
    }
    return changed;
  }

  get freshText() {
    return this.fresh.size >= NEWEST ? `${NEWEST} or more new runs` : many(this.fresh.size, "new run");
  }

  close() {
    this.#stop.abort();
  }
}
