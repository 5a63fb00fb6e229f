// The tree of a run with a bar for each event; of any number of them only those on screen are drawn.

import { h } from "../lib/dom.js";
import { VirtualList } from "../lib/list.js";
import { fold, idle } from "./gaps.js";
import { Minimap } from "./minimap.js";
import { filterOf, isFiltered, PARENT, uncover, value, visibleRows } from "./model.js";
import { bar, traceRow } from "./row.js";
import { Ruler } from "./ruler.js";
import { pan, zoom } from "./scale.js";

const HEIGHT = { wide: 26, narrow: 38 };
const NARROW = matchMedia("(max-width: 40rem)");

export class Waterfall {
  /** @type {import("./model.js").Trace | null} */
  trace = null;
  /** The same with the times at which it is drawn. @type {import("./model.js").Trace | null} */
  drawn = null;
  isFolded = false;
  hasGaps = false;
  /** @type {import("./model.js").View} */
  view = { closed: new Set(), only: "", minMs: 0, minCost: 0 };
  range = /** @type {[number, number]} */ ([0, 1]);
  selected = -1;
  /** @type {Set<number>} */
  found = new Set();
  /** @type {(row: number, isOpened: boolean) => void} */
  onselect = () => {};
  /** @type {(range: [number, number], isDone: boolean) => void} */
  onrange = () => {};

  #rows = /** @type {Int32Array} */ (new Int32Array(0));
  #passes = /** @type {((row: number) => boolean) | null} */ (null);
  #list = new VirtualList();
  #minimap = new Minimap();
  #ruler = new Ruler();
  element = h(
    "div",
    { class: "waterfall" },
    this.#minimap.element,
    h("div", { class: "trace-head", "aria-hidden": "true" }, h("span", {}, "Event"), h("span", { class: "trace-figure" }, "Duration"),
      h("span", { class: "trace-figure trace-cost" }, "Cost"), h("span", { class: "trace-figure trace-tokens" }, "Tokens"), this.#ruler.element),
    this.#list,
  );

  constructor() {
    const list = this.#list;
    list.tabIndex = 0;
    list.setAttribute("role", "treegrid");
    list.setAttribute("aria-label", "Events of the run");
    list.draw = (index) => this.#draw(index);
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#minimap.onrange = this.#ruler.onrange = (range, isDone) => this.onrange(range, isDone);
    NARROW.addEventListener("change", () => this.update());
  }

  /** Take a trace; of the same run again, what was closed and selected stays so. @param {import("./model.js").Trace} trace */
  show(trace) {
    const { trace: before, view } = this;
    const now = (/** @type {number} */ row) => trace.rowOf.get(before && row >= 0 ? value(before, row, "event_id") : "") ?? -1;
    this.selected = now(this.selected);
    view.closed = new Set([...view.closed].map(now).filter((row) => row >= 0));
    this.trace = trace;
    this.hasGaps = idle(trace).length > 0;
    this.fold(this.isFolded);
  }

  /** Fold its idle time, or unfold it. @param {boolean} isFolded */
  fold(isFolded) {
    const { trace } = this;
    this.isFolded = isFolded;
    if (!trace) return;
    const { trace: drawn, gaps } = isFolded ? fold(trace) : { trace, gaps: [] };
    this.drawn = drawn;
    this.#ruler.gaps = gaps;
    if (!trace.isPart) this.#minimap.show(drawn);
  }

  /** How long the run is as it is drawn, in milliseconds. */
  get length() {
    return this.drawn?.length ?? 1;
  }

  /** Draw all of it again, by `view`, `range`, `selected` and `found`. */
  update() {
    if (!this.trace) return;
    this.#rows = visibleRows(this.trace, this.view);
    this.#passes = isFiltered(this.view) ? filterOf(this.trace, this.view) : null;
    this.#list.rowHeight = NARROW.matches ? HEIGHT.narrow : HEIGHT.wide;
    this.#list.count = this.#rows.length;
    this.#list.setAttribute("aria-rowcount", String(this.#rows.length));
    this.#showRange();
    this.#list.refresh();
  }

  /** Draw the bars again for another range. */
  drawRange() {
    const { drawn } = this;
    if (!drawn) return;
    this.#showRange();
    this.#list.each((index, element) => element.querySelector(".lane")?.replaceChildren(bar(drawn, /** @type {number} */ (this.#rows[index]), this.range)));
  }

  #showRange() {
    this.#ruler.show(this.range, this.length); // first: it reads its width, before anything is changed
    this.#minimap.setRange(this.range);
  }

  get size() {
    return this.#rows.length;
  }

  /** The place of a row among those shown; -1 where it is hidden. @param {number} row */
  indexOf(row) {
    let [low, high] = [0, this.#rows.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = /** @type {number} */ (this.#rows[middle]);
      if (at === row) return middle;
      if (at < row) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Select a row, uncover and reveal it. @param {number} row */
  select(row, middle = false) {
    if (!this.trace || row < 0) return;
    const before = this.selected;
    this.selected = row;
    if (this.indexOf(row) < 0) {
      uncover(this.trace, this.view.closed, row);
      this.update();
    }
    for (const one of [before, row]) this.#list.refreshRow(this.indexOf(one));
    const index = this.indexOf(row);
    if (index < 0) this.#list.removeAttribute("aria-activedescendant");
    else {
      this.#list.setAttribute("aria-activedescendant", `row-${row}`);
      this.#list.reveal(index, middle);
    }
  }

  /** Move the selection by rows. @param {number} step */
  move(step) {
    const index = this.selected < 0 ? (step > 0 ? -1 : this.size) : this.indexOf(this.selected);
    const next = Math.min(Math.max(index + step, 0), this.size - 1);
    const row = this.#rows[next];
    if (row !== undefined && row !== this.selected) this.onselect(row, false);
  }

  /** Close or open a row. @param {number} row @param {boolean} isClosed */
  close(row, isClosed) {
    if (!this.trace || !(this.trace.flags[row] & PARENT) || this.view.closed.has(row) === isClosed) return false;
    if (isClosed) this.view.closed.add(row);
    else this.view.closed.delete(row);
    this.update();
    return true;
  }

  /** Zoom about the middle, or move, by keys. @param {number} factor @param {number} share */
  moveRange(factor, share) {
    const { length } = this;
    const [from, to] = this.range;
    this.onrange(share ? pan(this.range, share, length) : zoom(this.range, (from + to) / 2, factor, length), true);
  }

  focus() {
    this.#list.focus({ preventScroll: true });
  }

  /** @param {number} index */
  #draw(index) {
    const row = /** @type {number} */ (this.#rows[index]);
    const trace = /** @type {import("./model.js").Trace} */ (this.trace);
    return traceRow(trace, row, {
      drawn: this.drawn ?? trace, range: this.range, isClosed: this.view.closed.has(row), isSelected: row === this.selected,
      isFound: this.found.has(row), isFaint: this.#passes !== null && !this.#passes(row),
    });
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target : null;
    const element = target?.closest(".trace-row");
    if (!(element instanceof HTMLElement)) return;
    const row = Number(element.dataset.row);
    if (target?.closest(".twist") && this.trace && this.trace.flags[row] & PARENT) this.close(row, !this.view.closed.has(row));
    else this.onselect(row, true);
  }

  /** With ctrl it zooms about the pointer, sideways it moves. @param {WheelEvent} event */
  #wheel(event) {
    const side = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
    if (!event.ctrlKey && Math.abs(side) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
    event.preventDefault();
    const box = this.#ruler.element.getBoundingClientRect();
    const [from, to] = this.range;
    const about = from + (Math.min(Math.max(0, event.clientX - box.left), box.width) / box.width) * (to - from);
    const { length } = this;
    const range = event.ctrlKey ? zoom(this.range, about, Math.exp(event.deltaY * 0.004), length) : pan(this.range, side / box.width, length);
    this.onrange(range, false);
  }
}
