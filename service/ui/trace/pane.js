// The pane beside a waterfall that shows one event; on a phone it lies above it.

import { get } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { showError, skeleton } from "../parts/states.js";
import { detailHead, detailOf } from "./detail.js";
import { value } from "./model.js";

const WAIT_MS = 90; // so that a held key asks for the last event alone
const KEPT = 30;

export class Pane {
  element = h("aside", { class: "detail", "aria-label": "Event", hidden: true, tabindex: "-1" });
  #head = h("div");
  #body = h("div", { class: "detail-body" });
  #timer = 0;
  #stop = new AbortController();
  /** @type {Map<string, any>} */
  #kept = new Map();
  #shown = "";
  /** @type {() => void} */
  onclose = () => {};
  /** @type {(row: number) => void} */
  onchoose = () => {};

  constructor() {
    this.element.append(this.#head, this.#body);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {any} run @param {import("./model.js").Trace} trace @param {number} row */
  show(run, trace, row) {
    const id = String(value(trace, row, "event_id"));
    this.element.hidden = false;
    fill(this.#head, detailHead(trace, row, () => this.onclose(), () => this.#kept.get(id)));
    clearTimeout(this.#timer);
    this.#stop.abort();
    if (id !== this.#shown) this.element.scrollTop = 0;
    this.#shown = id;
    if (this.#kept.has(id)) this.#fill(run, trace, row, id);
    else this.#timer = setTimeout(() => this.#load(run, trace, row, id, 0), this.#body.firstChild ? WAIT_MS : 0);
  }

  /** @param {any} run @param {import("./model.js").Trace} trace @param {number} row @param {string} id @param {number} tries */
  async #load(run, trace, row, id, tries) {
    const stop = (this.#stop = new AbortController());
    const slow = setTimeout(() => fill(this.#body, skeleton(10)), 150);
    try {
      this.#kept.set(id, await get(`runs/${run.run_id}/events/${id}`, {}, stop.signal));
      if (this.#kept.size > KEPT) this.#kept.delete(/** @type {string} */ (this.#kept.keys().next().value));
      if (id === this.#shown) this.#fill(run, trace, row, id);
    } catch (error) {
      if (!stop.signal.aborted) showError(this.#body, error, () => this.#load(run, trace, row, id, tries + 1), tries);
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {any} run @param {import("./model.js").Trace} trace @param {number} row @param {string} id */
  #fill(run, trace, row, id) {
    fill(this.#body, detailOf(run, trace, row, this.#kept.get(id), (other) => this.onchoose(other)));
  }

  close() {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.element.hidden = true;
    this.#shown = "";
  }

  /** Forget what was read: it may have changed. */
  forget() {
    this.#kept.clear();
  }
}
