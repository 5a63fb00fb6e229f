// Two runs beside each other, event by event; while one is not chosen, those one can choose.

import { match, gap } from "../compare/match.js";
import { pairDetail, pairRow, SORTS, totals } from "../compare/parts.js";
import { get } from "../lib/api.js";
import { fill, h, refill } from "../lib/dom.js";
import { count, line, many } from "../lib/format.js";
import { VirtualList } from "../lib/list.js";
import { link, setQuery } from "../lib/router.js";
import { chip } from "../parts/copy.js";
import { nothing, showError, skeleton } from "../parts/states.js";
import { asked } from "../runs/filters.js";
import { lookOf, runRow } from "../runs/row.js";
import { read, value } from "../trace/model.js";

/** @typedef {import("../compare/match.js").Pair} Pair */

const RUNS = 100;
const ID = /^[0-9a-f-]{32,36}$/i;

class CompareView extends HTMLElement {
  #ids = "";
  #query = new URLSearchParams();
  /** @type {import("../compare/parts.js").Compared | null} */
  #compared = null;
  /** @type {Pair[]} */
  #shown = [];
  #order = "";
  #opened = "";
  #list = Object.assign(new VirtualList(), { rowHeight: 40, draw: (/** @type {number} */ index) => this.#draw(index) });
  #bar = h("div", { class: "compare-bar" });
  #detail = h("aside", { class: "detail", hidden: true, tabindex: "-1", "aria-label": "Event" });

  connectedCallback() {
    this.addEventListener("keydown", (event) => this.#onkey(event));
  }

  /** @param {Record<string, string>} _ @param {URLSearchParams} query */
  show(_, query) {
    this.#query = query;
    const [a, b] = [query.get("a"), query.get("b")];
    const ids = a && b ? `${a} ${b}` : `?${query}`;
    if (ids === this.#ids) return this.#compared && this.#apply();
    this.#ids = ids;
    this.#compared = null;
    if ((a && b) || !this.querySelector(".rows")) fill(this, skeleton(12));
    this.#load(a && b ? () => this.#compare([a, b]) : () => this.#choose(a), 0);
  }

  /** @param {() => Promise<() => void>} read @param {number} tries */
  async #load(read, tries) {
    const ids = this.#ids;
    try {
      const show = await read();
      if (ids === this.#ids) show();
    } catch (error) {
      if (ids === this.#ids) showError(this, error, () => this.#load(read, tries + 1), tries);
    }
  }

  /** The runs that pass the filters of the address; beside a first one those of its agent. @param {string | null} a */
  async #choose(a) {
    const first = a && (await get(`runs/${encodeURIComponent(a)}`));
    const { runs } = await get("runs", { agent: first ? first.agent_name : null, ...asked(this.#query), limit: RUNS });
    const rest = runs.filter((/** @type {any} */ run) => run.run_id !== a);
    const look = lookOf(rest);
    const rows = rest.map((/** @type {any} */ run) => Object.assign(runRow(run, look), { href: link(["compare"], { ...Object.fromEntries(this.#query), [a ? "b" : "a"]: run.run_id }) }));
    const label = "Run id or part of its name";
    const field = h("input", { type: "search", value: this.#query.get("name"), "aria-label": label, placeholder: label });
    field.addEventListener("change", () => setQuery(ID.test(field.value) ? { [a ? "b" : "a"]: field.value } : { name: field.value }));
    return () => refill(this, h("div", { class: "scrolls" }, h("div", { class: "page-head" }, h("h1", {}, first ? `Compare ${line(first.run_name, 60)} of ${line(first.agent_name, 60)} with` : "Compare: choose the first run"), field),
      rows.length ? h("div", { class: "table rows" }, rows) : nothing("There is no other run here.")));
  }

  /** @param {string[]} ids */
  async #compare(ids) {
    const [a, b, ...runs] = await Promise.all([...ids.map((id) => get(`runs/${encodeURIComponent(id)}/trace`, { fields: "digests" })), ...ids.map((id) => get(`runs/${encodeURIComponent(id)}`))]);
    const traces = [read(a), read(b)];
    const pairs = match(/** @type {any} */ (traces[0]), /** @type {any} */ (traces[1]));
    return () => {
      this.#compared = { traces, runs, pairs };
      this.#order = this.#opened = "";
      const heads = ["Event", ...SORTS.map(([, head]) => head), "Differs in"].map((head) => h("span", {}, head));
      fill(this, h("h1", { class: "off-screen" }, "Compare"), h("div", { class: "compare-head" }, totals(runs)), this.#bar,
        h("div", { class: "trace-and-detail" }, h("div", { class: "table" }, h("div", { class: "pair-row pair-head", "aria-hidden": "true" }, heads), this.#list), this.#detail));
      this.#apply();
    };
  }

  /** Show what the address says. */
  #apply() {
    const [only, sort, event] = ["only", "sort", "event"].map((name) => this.#query.get(name) ?? "");
    if (`${only} ${sort}.` !== this.#order) {
      this.#order = `${only} ${sort}.`;
      const { pairs } = /** @type {import("../compare/parts.js").Compared} */ (this.#compared);
      const figure = SORTS.find(([name]) => name === sort)?.[0];
      const kept = only ? pairs.filter((pair) => pair.words.length) : pairs;
      this.#shown = figure ? kept.toSorted((one, other) => gap(other, figure) - gap(one, figure)) : kept;
      if (this.#list.parentElement) this.#list.parentElement.dataset.sort = figure ?? "own";
      this.#list.count = this.#shown.length;
      this.#list.scrollTop = 0;
      this.#list.refresh();
      this.#showBar(pairs, only, sort);
    }
    if (event !== this.#opened) this.#open(/** @type {string} */ (event));
  }

  /** @param {Pair[]} pairs @param {string} [only] @param {string} [sort] */
  #showBar(pairs, only, sort) {
    const alone = pairs.filter((pair) => pair.rows.includes(-1));
    const [inA, both] = [alone.filter((pair) => pair.rows[1] === -1).length, pairs.length - alone.length];
    const differ = pairs.filter((pair) => pair.words.length).length - alone.length;
    refill(this.#bar, chip("Only what differs", Boolean(only), { only: only ? null : 1 }), chip("As a tree", !sort, { sort: null }), SORTS.map(([name, text]) => chip(`By ${text.toLowerCase()}`, name === sort, { sort: name })),
      h("span", { role: "status" }, differ || alone.length ? `${many(both, "event")} in both, ${count(differ)} of them differ; ${count(inA)} only in A, ${count(alone.length - inA)} only in B` : "Nothing differs."));
  }

  /** @param {number} index */
  #draw(index) {
    const pair = /** @type {Pair} */ (this.#shown[index]);
    const event = this.#idOf(pair);
    const row = pairRow(/** @type {any} */ (this.#compared), pair, !this.#query.get("sort"), link(["compare"], { ...Object.fromEntries(this.#query), event }));
    row.dataset.row = String(index);
    if (event === this.#opened) row.setAttribute("aria-current", "true");
    return row;
  }

  /** @param {Pair} pair @returns {string} */
  #idOf({ rows }) {
    const side = rows[0] === -1 ? 1 : 0;
    return value(/** @type {any} */ (this.#compared?.traces[side]), Number(rows[side]), "event_id");
  }

  /** @param {string} id of an event, empty: close the detail */
  #open(id) {
    const at = this.#shown.findIndex((pair) => this.#idOf(pair) === (id || this.#opened));
    this.#opened = id;
    this.#detail.hidden = !id || at < 0;
    this.#list.refresh();
    if (at >= 0) this.#list.reveal(at);
    if (this.#detail.hidden) return this.#focus(at);
    pairDetail(this.#detail, /** @type {any} */ (this.#compared), /** @type {Pair} */ (this.#shown[at]), () => this.#opened === id, () => setQuery({ event: null }));
    this.#detail.focus();
  }

  /** @param {number} index */
  #focus(index) {
    const row = this.#list.querySelector(`[data-row="${index}"]`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #onkey(event) {
    if (event.key === "Escape" && this.#opened) setQuery({ event: null });
    const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    const row = event.target instanceof HTMLElement ? event.target.dataset.row : undefined;
    if (!by || row === undefined) return;
    event.preventDefault();
    const next = Math.min(this.#shown.length - 1, Math.max(0, Number(row) + by));
    this.#list.reveal(next);
    this.#focus(next);
  }
}

customElements.define("compare-view", CompareView);
