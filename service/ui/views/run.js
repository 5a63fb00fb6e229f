// One run: its head, its waterfall, and the event that is looked at.

import { get } from "../lib/api.js";
import { afterPause, fill, h, refill } from "../lib/dom.js";
import { line } from "../lib/format.js";
import { setQuery } from "../lib/router.js";
import { showError, skeleton } from "../parts/states.js";
import { runHead } from "../trace/head.js";
import { onKey, showHelp } from "../trace/keys.js";
import { CRITICAL, ERROR, flagged, largest, matches, next, PARENT, parentsFrom, value } from "../trace/model.js";
import { Pane } from "../trace/pane.js";
import { readTrace, watch } from "../trace/reading.js";
import { rangeText, readRange } from "../trace/scale.js";
import { Toolbar } from "../trace/toolbar.js";
import { Waterfall } from "../trace/waterfall.js";

class RunView extends HTMLElement {
  #runId = "";
  /** @type {any} */
  #run = null;
  #query = new URLSearchParams();
  #head = h("div");
  #body = h("div", { class: "fills" });
  #waterfall = new Waterfall();
  #pane = new Pane();
  #toolbar;
  #find = "";
  /** @type {number[]} */
  #hits = [];
  #level = Infinity;
  #stop = new AbortController();
  /** @type {Record<string, any>} changes of the address that are still to be written */
  #pending = {};
  #flushLater = afterPause(200, () => this.#flush());

  constructor() {
    super();
    this.#toolbar = new Toolbar({
      set: (changes) => this.#set(changes), step: (which, by) => this.#step(which, by), level: (by) => this.#setLevel(by),
      all: (isClosed) => this.#closeFrom(isClosed ? 0 : Infinity), whole: () => this.#setRange([0, this.#length], true), fold: () => this.#fold(), help: showHelp,
    }, (text) => text.trim() !== this.#find && this.#set({ find: text.trim() }));
    this.#waterfall.onselect = (row, isOpened) => this.#choose(row, isOpened);
    this.#waterfall.onrange = (range, isDone) => this.#setRange(range, isDone);
    this.#pane.onclose = () => this.#closePane();
    this.#pane.onchoose = (row) => this.#choose(row, true);
  }

  connectedCallback() {
    this.append(this.#head, this.#body);
    addEventListener("keydown", this.#onkey);
  }

  disconnectedCallback() {
    removeEventListener("keydown", this.#onkey);
    this.#stop.abort();
  }

  get #length() {
    return this.#waterfall.length;
  }

  /** @param {Record<string, string>} params @param {URLSearchParams} query */
  show(params, query) {
    this.#query = query;
    if (params.run_id !== this.#runId) {
      this.#runId = /** @type {string} */ (params.run_id);
      this.#pane.close();
      fill(this.#head);
      fill(this.#body, skeleton(14));
      this.#load(0);
    } else if (this.#waterfall.trace) this.#apply(false);
  }

  /** @param {number} tries */
  async #load(tries) {
    this.#stop.abort();
    const { signal } = (this.#stop = new AbortController());
    try {
      this.#run = await get(`runs/${encodeURIComponent(this.#runId)}`, {}, signal);
      document.title = `${line(this.#run.run_name, 60)} · ${line(this.#run.agent_name, 40)} · GATI`;
      refill(this.#head, runHead(this.#run, null));
      await readTrace(this.#run, signal, (trace) => this.#show(trace), true);
      watch(this.#run, signal, (run) => this.#goOn(run, signal));
    } catch (error) {
      if (!signal.aborted) showError(this.#body, error, () => this.#load(tries + 1), tries);
    }
  }

  /** Show a trace in the place of none, of a part, or of an earlier one. @param {import("../trace/model.js").Trace} trace */
  #show(trace) {
    this.#waterfall.show(trace);
    refill(this.#head, runHead(this.#run, trace.isPart ? null : trace));
    const isFirst = !this.#body.contains(this.#waterfall.element);
    if (isFirst) fill(this.#body, this.#toolbar.element, h("div", { class: "trace-and-detail" }, this.#waterfall.element, this.#pane.element));
    this.#apply(true, isFirst || this.#waterfall.selected < 0);
    if (isFirst && document.activeElement === document.body) this.#waterfall.focus();
  }

  /** Show what the address says. @param {boolean} isFresh the trace is new @param {boolean} isRevealed the selected event is scrolled to */
  #apply(isFresh, isRevealed = isFresh) {
    const fall = this.#waterfall;
    const trace = /** @type {import("../trace/model.js").Trace} */ (fall.trace);
    const [only, find, t] = ["only", "find", "t"].map((name) => this.#query.get(name) ?? "");
    const asked = () => `${fall.view.only} ${fall.view.minMs} ${fall.view.minCost} ${fall.isFolded} ${this.#find}`;
    const before = asked();
    fall.view.only = only === "errors" || only === "critical" ? only : "";
    fall.view.minMs = Number(this.#query.get("min_ms")) || 0;
    fall.view.minCost = Number(this.#query.get("min_cost")) || 0;
    const isFolded = this.#query.get("fold") === "1";
    const isRefolded = isFolded !== fall.isFolded;
    if (isRefolded) fall.fold(isFolded);
    const isZoomed = isRefolded || t !== rangeText(fall.range, fall.length);
    if (isFresh || isZoomed) fall.range = readRange(t, fall.length);
    if (isFresh || find !== this.#find) {
      this.#find = find;
      this.#hits = matches(trace, find);
      fall.found = new Set(this.#hits);
      if (this.#hits.length && find && !isFresh && !fall.found.has(fall.selected)) fall.selected = -1;
    }
    if (isFresh || before !== asked()) fall.update();
    else if (isZoomed) fall.drawRange();
    const row = trace.rowOf.get(this.#query.get("event") ?? "");
    if (row !== undefined) {
      if (isRevealed || !isFresh) fall.select(row, isRevealed);
      this.#pane.show(this.#run, trace, row);
    } else this.#pane.close();
    this.#tell();
  }

  #tell() {
    const { range, trace, view, size } = this.#waterfall;
    if (!trace) return;
    const isPart = range[0] > 0 || range[1] < this.#length;
    const fold = this.#waterfall.hasGaps ? this.#waterfall.isFolded : null;
    this.#toolbar.show(view, { fold, shown: size, size: trace.isPart ? this.#run.event_count : trace.size, errors: this.#run.error_count, cost: this.#run.total_cost, isPart, find: this.#find, hits: this.#hits.length });
  }

  /** @param {number} row @param {boolean} isOpened by a click, or as what was looked for: then the pane opens also where it would lie above the list */
  #choose(row, isOpened) {
    const trace = this.#waterfall.trace;
    if (!trace) return;
    this.#waterfall.select(row);
    this.#tell();
    const isBeside = matchMedia("(min-width: 60rem)").matches;
    if (!isOpened && !this.#pane.isOpen && !isBeside) return;
    this.#pane.show(this.#run, trace, row);
    this.#set({ event: value(trace, row, "event_id") }, true);
  }

  /** Change the address; a held key or a drag writes it once it pauses, since browsers limit how often. @param {Record<string, any>} changes @param {boolean} isLater */
  #set(changes, isLater = false) {
    Object.assign(this.#pending, changes);
    if (isLater) this.#flushLater();
    else this.#flush();
  }

  #flush() {
    const changes = this.#pending;
    this.#pending = {};
    if (this.isConnected) setQuery(changes, true);
  }

  #closePane() {
    this.#pane.close();
    this.#set({ event: null });
    this.#waterfall.focus();
  }

  /** @param {[number, number]} range @param {boolean} isDone */
  #setRange(range, isDone) {
    this.#waterfall.range = range;
    this.#waterfall.drawRange();
    this.#tell();
    this.#set({ t: rangeText(range, this.#length) }, !isDone);
  }

  /** Fold idle time, or unfold it; all of the run is seen then. */
  #fold() {
    this.#set({ fold: this.#waterfall.isFolded || !this.#waterfall.hasGaps ? null : 1, t: null });
  }

  /** @param {"error" | "critical" | "find" | "cost" | "self_time_ms"} which @param {number} by */
  #step(which, by) {
    const { trace, selected } = this.#waterfall;
    if (!trace) return;
    if (which === "cost" || which === "self_time_ms") {
      const rows = largest(trace, which);
      const row = rows[(rows.indexOf(selected) + by) % rows.length];
      return row !== undefined && this.#choose(row, true);
    }
    const list = which === "find" ? this.#hits : flagged(trace, which === "error" ? ERROR : CRITICAL);
    const row = next(list, selected, by);
    if (row >= 0) this.#choose(row, which === "error");
  }

  /** @param {number} by */
  #setLevel(by) {
    const trace = this.#waterfall.trace;
    if (!trace) return;
    const deepest = Math.max(0, ...flagged(trace, PARENT).slice(0, 50_000).map((row) => /** @type {number} */ (trace.depth[row])));
    this.#closeFrom(Math.max(0, Math.min(this.#level, deepest + 1) + by));
  }

  /** @param {number} level */
  #closeFrom(level) {
    const { trace, view } = this.#waterfall;
    if (!trace) return;
    this.#level = level;
    view.closed = new Set(parentsFrom(trace, level));
    this.#waterfall.update();
    this.#tell();
  }

  /** Show what has come. @param {any} run @param {AbortSignal} signal */
  async #goOn(run, signal) {
    this.#run = run;
    this.#pane.forget();
    await readTrace(run, signal, (trace) => this.#show(trace), false);
  }

  #onkey = (/** @type {KeyboardEvent} */ event) => {
    const fall = this.#waterfall;
    const { trace, selected: row } = fall;
    if (!trace) return;
    onKey(event, {
      up: () => fall.move(-1), down: () => fall.move(1), pageUp: () => fall.move(-20), pageDown: () => fall.move(20),
      home: () => fall.move(-fall.size), end: () => fall.move(fall.size),
      left: () => fall.close(row, true) || (row >= 0 && trace.parent[row] >= 0 && this.#choose(trace.parent[row], false)),
      right: () => fall.close(row, false) || (row >= 0 && (trace.flags[row] & PARENT) && this.#choose(row + 1, false)),
      enter: () => row >= 0 && (this.#choose(row, true), this.#pane.element.focus()),
      escape: () => this.#pane.isOpen && this.#closePane(),
      nextError: () => this.#step("error", 1), previousError: () => this.#step("error", -1),
      nextCritical: () => this.#step("critical", 1), previousCritical: () => this.#step("critical", -1),
      nextFound: () => this.#step("find", 1), previousFound: () => this.#step("find", -1),
      find: () => this.#toolbar.focusFind(), help: showHelp,
      zoomIn: () => fall.moveRange(0.5, 0), zoomOut: () => fall.moveRange(2, 0), zoomWhole: () => this.#setRange([0, this.#length], true),
      fold: () => this.#fold(), costliest: () => this.#step("cost", 1), slowest: () => this.#step("self_time_ms", 1), panLeft: () => fall.moveRange(1, -0.25), panRight: () => fall.moveRange(1, 0.25),
    });
  };
}

customElements.define("run-view", RunView);
