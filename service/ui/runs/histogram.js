// Runs and failures over the window, above the list; a part that is chosen on it narrows the window.

import { get } from "../lib/api.js";
import { bars } from "../lib/chart.js";
import { fill, h } from "../lib/dom.js";
import { count, many, time } from "../lib/format.js";
import { setQuery } from "../lib/router.js";
import { follow } from "../trace/minimap.js";

const MOST_BARS = 500;
const NOT_COUNTED = ["model", "tool", "q"]; // what only events tell
const NOT_ASKED = ["status", "has_error", "sort", "order"]; // it shows them beside each other, in any order

/** @typedef {{runs: number, failed: number, active: number}} Counts */

export class Histogram {
  #bars = /** @type {{from: number, to: number, runs: number, failed: number}[]} */ ([]);
  #range = /** @type {[number, number]} */ ([0, 0]); // the first bar chosen by keys, and the last
  #stop = new AbortController();
  #picture = h("div", { class: "histogram-bars", role: "slider", tabindex: "0", "aria-label": "Runs over time", "aria-valuenow": "0", title: "Drag over a part to look at it" });
  #brush = h("span", { class: "brush", hidden: true });
  #text = h("p", { class: "quiet histogram-text" });
  #whole = "";
  element = h("div", { class: "histogram", hidden: true }, this.#picture, this.#text);
  /** @type {(counts: Counts | null) => void} */
  oncounts = () => {};

  constructor() {
    this.#picture.addEventListener("pointerdown", (event) => this.#drag(event));
    this.#picture.addEventListener("pointermove", (event) => this.#say(this.#at(event.clientX)));
    this.#picture.addEventListener("pointerleave", () => (this.#text.textContent = this.#whole));
    this.#picture.addEventListener("keydown", (event) => this.#key(event));
    this.#picture.addEventListener("blur", () => this.#mark(null));
  }

  /** Count the runs of a search. @param {Record<string, string>} asked parameters of GET /runs */
  async show(asked) {
    this.#stop.abort();
    const { signal } = (this.#stop = new AbortController());
    const query = Object.fromEntries(Object.entries(asked).filter(([name]) => !NOT_ASKED.includes(name)));
    const isCounted = !NOT_COUNTED.some((name) => name in query);
    this.element.hidden = !isCounted;
    try {
      const answer = isCounted && await get("metrics/runs", query, signal);
      if (signal.aborted) return;
      this.oncounts(answer || null);
      this.#draw(answer);
    } catch {
      if (signal.aborted) return; // else the list says what is wrong
      this.oncounts(null);
      this.#draw(null);
    }
  }

  /** @param {any} answer */
  #draw(answer) {
    const step = answer ? answer.bucket_seconds * 1000 : 0;
    this.element.hidden = !step || (Date.parse(answer.to) - Date.parse(answer.from)) / step > MOST_BARS;
    if (this.element.hidden) return;
    const found = new Map(answer.buckets.map((/** @type {any} */ one) => [Date.parse(one.start), one]));
    this.#bars = [];
    for (let at = Math.floor(Date.parse(answer.from) / step) * step; at <= Date.parse(answer.to); at += step) {
      const { runs = 0, failed = 0 } = /** @type {any} */ (found.get(at)) ?? {};
      this.#bars.push({ from: at, to: at + step, runs, failed });
    }
    const last = this.#bars.length - 1;
    this.#range = [last, last];
    this.#whole = `${this.#textOf(0, last)}${answer.complete ? "" : "; older runs are not counted"}`;
    this.#text.textContent = this.#whole;
    const drawn = this.#bars.map((one) => ({ label: "", value: one.runs, part: one.failed, text: "" }));
    fill(this.#picture, bars(drawn, this.#whole), this.#brush);
    this.#brush.hidden = true;
    this.#picture.setAttribute("aria-valuemin", "0");
    this.#picture.setAttribute("aria-valuemax", String(last));
    this.#value(last, this.#whole);
  }

  /** @param {number} now @param {string} text */
  #value(now, text) {
    this.#picture.setAttribute("aria-valuenow", String(now));
    this.#picture.setAttribute("aria-valuetext", text);
  }

  /** What is between two bars. @param {number} first @param {number} last */
  #textOf(first, last) {
    const part = this.#bars.slice(first, last + 1);
    const sum = (/** @type {"runs" | "failed"} */ name) => part.reduce((total, one) => total + one[name], 0);
    return `${time(part[0]?.from ?? 0)} – ${time(part[part.length - 1]?.to ?? 0)}: ${many(sum("runs"), "run")}, ${count(sum("failed"))} failed`;
  }

  /** The bar at a place of the window. @param {number} x */
  #at(x) {
    const box = this.#picture.getBoundingClientRect();
    return Math.min(Math.max(0, Math.floor(((x - box.left) / box.width) * this.#bars.length)), this.#bars.length - 1);
  }

  /** @param {number} first @param {number} last */
  #say(first, last = first) {
    this.#text.textContent = this.#textOf(Math.min(first, last), Math.max(first, last));
  }

  /** Show which bars are chosen. @param {[number, number] | null} range */
  #mark(range) {
    this.#brush.hidden = !range;
    if (!range) return void (this.#text.textContent = this.#whole);
    const [first, last] = [Math.min(...range), Math.max(...range)];
    this.#brush.style.left = `${(first / this.#bars.length) * 100}%`;
    this.#brush.style.width = `${((last - first + 1) / this.#bars.length) * 100}%`;
    this.#say(first, last);
    this.#value(range[1], this.#text.textContent ?? "");
  }

  /** Make the window what is between two bars. @param {[number, number]} range */
  #choose(range) {
    const [first, last] = [this.#bars[Math.min(...range)], this.#bars[Math.max(...range)]];
    if (first && last) setQuery({ from: new Date(first.from).toISOString(), to: new Date(last.to).toISOString(), window: null });
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const start = this.#at(event.clientX);
    follow(this.#picture, event, (moved, isDone) => {
      const range = /** @type {[number, number]} */ ([start, this.#at(moved.clientX)]);
      this.#mark(range);
      if (isDone) this.#choose(range);
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#bars.length - 1;
    const to = { ArrowLeft: this.#range[1] - 1, ArrowRight: this.#range[1] + 1, Home: 0, End: last }[event.key];
    if (event.key === "Enter") this.#choose(this.#range);
    else if (event.key === "Escape") this.#mark(null);
    else if (to === undefined) return;
    else {
      const now = Math.min(Math.max(0, to), last);
      this.#range = [event.shiftKey ? this.#range[0] : now, now];
      this.#mark(this.#range);
    }
    event.preventDefault();
  }
}
