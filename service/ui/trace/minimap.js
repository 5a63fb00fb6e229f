// The whole run in little; a brush on it chooses the part that is looked at.

import { h, oncePerFrame } from "../lib/dom.js";
import { ERROR, value } from "./model.js";
import { kindOf } from "../parts/icons.js";
import { clamp } from "./scale.js";

const HEIGHT = 44;
const EDGE = 6; // pixels about an edge that move it

export class Minimap {
  /** @type {import("./model.js").Trace | null} */
  #trace = null;
  #range = /** @type {[number, number]} */ ([0, 1]);
  #canvas = h("canvas", { class: "minimap-picture" });
  #before = h("span", { class: "shade is-before" });
  #after = h("span", { class: "shade is-after" });
  element = h("div", { class: "minimap", title: "Drag to look at a part; double-click for all of it", "aria-hidden": "true" }, this.#canvas, this.#before, this.#after);
  /** @type {(range: [number, number], isDone: boolean) => void} */
  onrange = () => {};
  #draw = oncePerFrame(() => this.#paint());
  #watch = new ResizeObserver(() => this.#draw());

  constructor() {
    this.#watch.observe(this.element);
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
    this.element.addEventListener("dblclick", () => this.#trace && this.onrange([0, this.#trace.length], true));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#draw);
  }

  /** @param {import("./model.js").Trace} trace */
  show(trace) {
    this.#trace = trace;
    this.#draw();
  }

  /** @param {[number, number]} range */
  setRange(range) {
    this.#range = range;
    const length = this.#trace?.length || 1;
    this.#before.style.width = `${(range[0] / length) * 100}%`;
    this.#after.style.width = `${(1 - range[1] / length) * 100}%`;
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const trace = this.#trace;
    if (!trace || event.button !== 0) return;
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    const at = (/** @type {number} */ x) => ((x - box.left) / box.width) * trace.length;
    const [from, to] = this.#range;
    const near = (/** @type {number} */ moment) => Math.abs(event.clientX - box.left - (moment / trace.length) * box.width) <= EDGE;
    const isPart = from > 0 || to < trace.length;
    const start = at(event.clientX);
    /** @type {(now: number) => [number, number]} */
    let ranged = (now) => [start, now];
    if (isPart && near(from)) ranged = (now) => [now, to];
    else if (isPart && near(to)) ranged = (now) => [from, now];
    else if (isPart && start > from && start < to) {
      ranged = (now) => {
        const low = Math.min(Math.max(0, from + now - start), trace.length - (to - from));
        return [low, low + to - from];
      };
    }
    follow(this.element, event, (moved, isDone) => {
      if (Math.abs(moved.clientX - event.clientX) < 3) return;
      this.onrange(clamp(...ranged(at(moved.clientX)), trace.length), isDone);
    });
  }

  #paint() {
    const trace = this.#trace;
    const wide = this.element.clientWidth;
    if (!trace || !wide) return;
    const scale = devicePixelRatio || 1;
    this.#canvas.width = wide * scale;
    this.#canvas.height = HEIGHT * scale;
    const pen = this.#canvas.getContext("2d");
    if (!pen) return;
    pen.scale(scale, scale);
    const style = getComputedStyle(this.element);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const high = Math.max(1, Math.min(4, HEIGHT / trace.size));
    const step = trace.length ? wide / trace.length : 0;
    const colours = new Map();
    const paint = (/** @type {number} */ row, /** @type {string} */ fill, /** @type {number} */ least) => {
      pen.fillStyle = fill;
      const y = (row / trace.size) * (HEIGHT - high);
      pen.fillRect(trace.start[row] * step, y, Math.max(least, (trace.end[row] - trace.start[row]) * step), high);
    };
    pen.globalAlpha = trace.size > 2000 ? 0.5 : 0.8;
    for (let row = 0; row < trace.size; row++) {
      const type = value(trace, row, "event_type");
      if (!colours.has(type)) colours.set(type, colour(`--${kindOf(type).replace("end", "agent")}`));
      paint(row, colours.get(type), 1);
    }
    pen.globalAlpha = 1;
    const bad = colour("--bad");
    for (let row = 0; row < trace.size; row++) {
      if (trace.flags[row] & ERROR) paint(row, bad, 3);
    }
  }
}

/** Follow a pointer until it is let go. @param {HTMLElement} element @param {PointerEvent} event @param {(event: PointerEvent, isDone: boolean) => void} moved */
export function follow(element, event, moved) {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  element.setPointerCapture(event.pointerId);
  element.addEventListener("pointermove", (next) => moved(next, false), options);
  element.addEventListener("pointerup", (next) => (stop.abort(), moved(next, true)), options);
  element.addEventListener("pointercancel", () => stop.abort(), options);
}
