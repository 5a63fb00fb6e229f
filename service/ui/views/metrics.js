// A metric over a window, by what one chooses; below it models, tools and latencies as tables.

import { windowOf, windowSelect, zoneOfApi } from "../agents/figures.js";
import { get, getExact } from "../lib/api.js";
import { fill, h, refill } from "../lib/dom.js";
import { brief, count, duration, line, money, percent } from "../lib/format.js";
import { link, setQuery } from "../lib/router.js";
import { plotCard } from "../metrics/plot.js";
import { nothing, showError, skeleton } from "../parts/states.js";
import { dataTable, figuresHead } from "../parts/table.js";

/** @typedef {import("../parts/table.js").Column} Column */

/** Of nothing there is no percentile. @param {number} ms */
const latency = (ms) => duration(ms || null);
/** Of each its name, how its values are shown, and whether they may be added. @type {Record<string, [string, (value: number) => string, boolean]>} */
const METRICS = {
  cost: ["Cost", money, true], runs: ["Runs", brief, true], events: ["Events", brief, true], errors: ["Failed events", brief, true], tokens_in: ["Tokens in", brief, true], tokens_out: ["Tokens out", brief, true],
  latency_p50: ["Latency p50", latency, false], latency_p95: ["Latency p95", latency, false], latency_p99: ["Latency p99", latency, false],
};
/** Of each its words, the key of its latencies, the field of their names. @type {Record<string, [string, string?, string?]>} */
const GROUPS = { model: ["by model", "models", "model"], agent: ["by agent", "agents", "agent_name"], tool: ["by tool", "tools", "tool"], event_type: ["by event type", "event_types", "event_type"], version: ["by version"], all: ["in all"] };
const OF_RUNS = ["agent", "version", "all"]; // a run has no model, tool or type
const [MOST_GROUPS, MOST_ROWS] = [200, 100];

/** @param {string} head @param {string} field @param {(value: any) => string} [show] @returns {Column} */
const column = (head, field, show = count) => [head, (row) => row[field], show];
const PERCENTILES = ["p50", "p95", "p99"].map((name) => column(name, `${name}_ms`, latency));
/** @type {Column} */
const FAILED = ["Failed", (row) => row.errors, (errors, row) => h("span", { class: errors && "error-text" }, errors ? `${count(errors)} (${percent(errors / row.calls)})` : "0")];

/** @param {string} group @returns {Column} */
function names(group) {
  const to = (/** @type {string} */ name) => (group === "agent" ? link(["agents", name]) : group === "model" ? link(["runs"], { model: name }) : "");
  return ["Name", (row) => row[/** @type {string} */ (GROUPS[group]?.[2])] ?? "(none)", (name) => (to(name) ? h("a", { href: to(name) }, line(name, 100)) : line(name, 100))];
}

/** @param {string} label @param {[string, string][]} options @param {string} chosen @param {(value: string) => void} choose */
function choice(label, options, chosen, choose) {
  const select = h("select", { "aria-label": label }, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  select.addEventListener("change", () => choose(select.value));
  return select;
}

class MetricsView extends HTMLElement {
  #head = h("div", { class: "page-head" });
  #body = h("div", { class: "figures-body" });
  #plot = h("section", { class: "card" });
  #tables = h("div");
  #asked = "";
  /** @type {any[] | null} */
  #answers = null;
  /** @type {string[]} */
  #agents = [];
  #query = new URLSearchParams();

  connectedCallback() {
    fill(this, h("div", { class: "scrolls" }, this.#head, this.#body));
  }

  /** What the address asks for. */
  get #choices() {
    const get = (/** @type {string} */ name) => this.#query.get(name) ?? "";
    const [metric, agent] = [get("metric") in METRICS ? get("metric") : "cost", get("agent")];
    const groups = Object.keys(GROUPS).filter((group) => (metric !== "runs" || OF_RUNS.includes(group)) && (group !== "version" || agent));
    return { metric, agent, groups, group: groups.includes(get("group")) ? get("group") : String(groups[0]), by: GROUPS[get("by")]?.[1] ? get("by") : "agent" };
  }

  /** @param {Record<string, string>} _ @param {URLSearchParams} query */
  show(_, query) {
    this.#query = query;
    const { metric, group } = this.#choices;
    const asked = [metric, group, ...["agent", "window", "from", "to", "tz"].map((name) => query.get(name))].join("\n");
    this.#showHead();
    if (asked === this.#asked) return this.#answers && this.#show();
    this.#asked = asked;
    this.#load(0);
  }

  /** @param {number} tries */
  async #load(tries) {
    const asked = this.#asked;
    const { metric, agent, group } = this.#choices;
    const { from, to, interval } = windowOf(this.#query);
    if (tries || !this.#answers) fill(this.#body, skeleton());
    this.#answers = null;
    try {
      const answers = await Promise.all([
        getExact("metrics/timeseries", { metric, group_by: group === "all" ? "" : group, from, to, interval, tz: zoneOfApi(), agent, limit: MOST_GROUPS }),
        ...["models", "tools", "latency"].map((name) => getExact(`metrics/${name}`, { from, to, agent, limit: MOST_ROWS })), get("agents", { limit: 1000 }),
      ]);
      if (asked !== this.#asked) return;
      this.#answers = answers;
      this.#agents = answers[4].map((/** @type {any} */ one) => one.name);
      fill(this.#body, this.#plot, this.#tables);
      this.#showHead();
      this.#show();
    } catch (error) {
      if (asked === this.#asked) showError(this.#body, error, () => this.#load(tries + 1), tries);
    }
  }

  #showHead() {
    const { metric, groups, group, agent } = this.#choices;
    const agents = new Set([agent, ...this.#agents].filter(Boolean));
    const choose = (/** @type {string} */ name) => (/** @type {string} */ value) => setQuery({ [name]: value, hide: null });
    const made = [h("h1", {}, "Metrics"), choice("Metric", Object.entries(METRICS).map(([name, [label]]) => [name, label]), metric, choose("metric")),
      choice("Group", groups.map((name) => [name, String(GROUPS[name]?.[0])]), group, choose("group")),
      choice("Agent", [["", "All agents"], ...[...agents].map((name) => /** @type {[string, string]} */ ([name, line(name, 40)]))], agent, choose("agent")), windowSelect(this.#query, setQuery)];
    const now = (/** @type {any} */ one) => `${one?.textContent} ${one?.value}`;
    for (const [index, one] of made.entries()) { // what is as it was stays: somebody may type in it
      const before = this.#head.children[index];
      if (now(before) === now(one)) continue;
      if (before) before.replaceWith(one);
      else this.#head.append(one);
    }
  }

  #show() {
    const [series, models, tools, latencies] = /** @type {any[]} */ (this.#answers);
    const { metric, group, by } = this.#choices;
    const [label, show, isSum] = /** @type {[string, (value: number) => string, boolean]} */ (METRICS[metric]);
    const [words, key] = /** @type {[string, string]} */ (GROUPS[by]);
    plotCard(this.#plot, series, group === "all" ? label : `${label} ${GROUPS[group]?.[0]},`, show, isSum, this.#query);
    const part = (/** @type {string} */ name, /** @type {Column[]} */ columns, /** @type {any[]} */ rows, /** @type {any} */ answer, /** @type {import("../lib/dom.js").Child} */ more = null) => {
      const body = { error_bound: latencies.body.error_bound };
      return h("section", {}, figuresHead(name, columns, rows, { ...answer, body }, more), rows.length ? dataTable(columns, rows, name) : nothing("Nothing in this window."), rows.length === MOST_ROWS && h("p", { class: "quiet" }, `The first ${MOST_ROWS}.`));
    };
    const calls = [column("Calls", "calls"), FAILED];
    const chosen = choice("Latency of", Object.entries(GROUPS).filter(([, one]) => one[1]).map(([name, [text]]) => [name, text]), by, (name) => setQuery({ by: name }));
    refill(this.#tables, h("p", { class: "quiet" }, "Of whole days (UTC):"),
      part("Models", [names("model"), ...calls, column("Tokens in", "tokens_in", brief), column("Tokens out", "tokens_out", brief), column("Cost", "cost", money), ...PERCENTILES], models.body, models),
      part("Tools", [names("tool"), ...calls, column("Cost", "cost", money), ...PERCENTILES], tools.body, tools), part(`Latency ${words}`, [names(by), column("Events", "events"), ...PERCENTILES], latencies.body[key], latencies, chosen));
  }
}

customElements.define("metrics-view", MetricsView);
