// The times above the bars; dragging over them zooms.

import { fill, h } from "../lib/dom.js";
import { duration } from "../lib/format.js";
import { unfolded } from "./gaps.js";
import { follow } from "./minimap.js";
import { clamp, ticks } from "./scale.js";

const TICK_PIXELS = 110;
const END_PIXELS = 70; // a label nearer to the end stands before its mark

export class Ruler {
  #marks = h("div", { class: "ruler-marks" });
  #brush = h("span", { class: "brush", hidden: true });
  element = h("div", { class: "ruler", title: "Drag to zoom" }, this.#marks, this.#brush);
  #range = /** @type {[number, number]} */ ([0, 1]);
  #length = 1;
  /** @type {import("./gaps.js").Gap[]} */
  gaps = [];
  /** @type {(range: [number, number], isDone: boolean) => void} */
  onrange = () => {};

  constructor() {
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
    new ResizeObserver(() => this.show(this.#range, this.#length)).observe(this.element);
  }

  /** @param {[number, number]} range @param {number} length */
  show(range, length) {
    this.#range = range;
    this.#length = length;
    const [from, to] = range;
    const wide = this.element.clientWidth;
    const found = ticks(range, wide / TICK_PIXELS);
    const share = (/** @type {number} */ at) => `${((at - from) / (to - from)) * 100}%`;
    const isFree = (/** @type {number} */ at) => !this.gaps.some((gap) => at > gap.at - (to - from) * 0.08 && at < gap.end + (to - from) * 0.03);
    const place = (/** @type {HTMLElement} */ mark, /** @type {number} */ at) => (mark.style.left = share(at), mark);
    fill(this.#marks, found.filter(isFree).map((at) => place(h("span", { class: (to - at) / (to - from) * wide < END_PIXELS ? "tick is-end" : "tick" }, duration(unfolded(this.gaps, at))), at)),
      this.gaps.filter((gap) => gap.end > from && gap.at < to).map((gap) => {
        const idle = gap.to - gap.from;
        const mark = h("span", { class: "gap", title: `${duration(idle)} in which nothing ran` }, duration(idle < 60_000 ? Math.round(idle / 1000) * 1000 || idle : Math.round(idle / 60_000) * 60_000));
        mark.style.width = `${((gap.end - gap.at) / (to - from)) * 100}%`;
        return place(mark, gap.at);
      }));
    const step = found.length > 1 ? ((found[1] - found[0]) / (to - from)) * wide : wide;
    const table = this.element.closest(".waterfall");
    if (!(table instanceof HTMLElement)) return;
    table.style.setProperty("--tick-step", `${step}px`);
    table.style.setProperty("--tick-at", `${found.length ? ((found[0] - from) / (to - from)) * wide : 0}px`);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    const [from, to] = this.#range;
    const at = (/** @type {number} */ x) => from + (Math.min(Math.max(0, x - box.left), box.width) / box.width) * (to - from);
    follow(this.element, event, (moved, isDone) => {
      const [left, right] = [Math.min(event.clientX, moved.clientX), Math.max(event.clientX, moved.clientX)];
      this.#brush.hidden = isDone;
      this.#brush.style.left = `${left - box.left}px`;
      this.#brush.style.width = `${right - left}px`;
      if (isDone && right - left > 3) this.onrange(clamp(at(left), at(right), this.#length), true);
    });
  }
}
