// One agent: its figures over a window, and its runs.

import { get } from "../lib/api.js";
import { bars, sparkline } from "../lib/chart.js";
import { fill, h } from "../lib/dom.js";
import { brief, clock, count, duration, line, many, money, percent, time, visible } from "../lib/format.js";
import { link, setQuery } from "../lib/router.js";
import { lookOf, runRow } from "../runs/row.js";
import { showError, skeleton } from "../parts/states.js";
import { agentActions } from "../trace/actions.js";
import { read, windowOf, windowSelect } from "../agents/figures.js";
import { versions } from "../agents/versions.js";

const RUNS = 25;

class AgentView extends HTMLElement {
  #last = "";

  /** @param {Record<string, string>} params @param {URLSearchParams} query */
  show(params, query) {
    const now = `${params.agent}?${query}`;
    if (this.#last === now) return;
    this.#last = now;
    document.title = `${line(params.agent, 60)} · GATI`;
    const isChosen = this.querySelector("select") === document.activeElement;
    fill(this, skeleton());
    this.#load(/** @type {string} */ (params.agent), query, 0).then(() => isChosen && this.querySelector("select")?.focus());
  }

  /** @param {string} name @param {URLSearchParams} query @param {number} tries */
  async #load(name, query, tries) {
    const now = this.#last;
    const window = windowOf(query);
    try {
      const [agent, figures, found, beside] = await Promise.all([
        get(`agents/${encodeURIComponent(name)}`), read(window, name), get("runs", { agent: name, limit: RUNS }), versions(name, window),
      ]);
      if (now !== this.#last) return;
      fill(this, h("div", { class: "scrolls" },
        h("div", { class: "page-head" }, h("h1", {}, line(name)), windowSelect(query, setQuery), agentActions(agent)),
        agent.description && h("p", { class: "quiet" }, visible(agent.description)),
        cards(name, figures), course(name, figures, window.interval), beside, runs(name, found.runs)));
    } catch (error) {
      if (now === this.#last) showError(this, error, () => this.#load(name, query, tries + 1), tries);
    }
  }
}

/** @param {string} name @param {import("../agents/figures.js").Figures} figures */
function cards(name, figures) {
  const total = (/** @type {string} */ metric) => figures.total(metric, name);
  const latency = figures.latency(name);
  const errors = total("errors");
  const card = (/** @type {string} */ title, /** @type {string} */ value, /** @type {string} */ metric = "") =>
    h("dl", { class: "card" }, h("dt", {}, title), h("dd", {}, value), metric && h("dd", {}, sparkline(figures.points(metric, name), `${title} over time`)));
  return h("div", { class: "cards" },
    card("Runs", count(total("runs")), "runs"), card("Cost", money(total("cost")), "cost"),
    card("Cost per run", money(total("runs") ? total("cost") / total("runs") : null)),
    card("Tokens in / out", `${brief(total("tokens_in"))} / ${brief(total("tokens_out"))}`, "tokens_in"),
    card("Failed events", errors ? `${count(errors)} (${percent(errors / total("events"))})` : "0", "errors"),
    card("Latency p50 / p95", `${duration(latency?.p50_ms)} / ${duration(latency?.p95_ms)}`));
}

/** @param {string} name @param {import("../agents/figures.js").Figures} figures @param {string} interval */
function course(name, figures, interval) {
  const [events, errors] = [figures.points("events", name), figures.points("errors", name)];
  if (!events.some((one) => one)) return null;
  const shown = (/** @type {string} */ at) => (interval === "hour" ? `${time(at)}` : clock(at) && time(at).replace(/,?\s\d.*:.*$/, ""));
  return h("section", { class: "card course" }, h("h2", {}, "Events, and errors among them"), bars(
    events.map((value, index) => {
      const at = shown(/** @type {string} */ (figures.times[index]));
      return { label: at, value, part: errors[index], text: `${at}: ${many(value, "event")}, ${many(errors[index] ?? 0, "error")}` };
    }), `Events of ${line(name, 60)} over time`));
}

/** @param {string} name @param {any[]} runs */
function runs(name, runs) {
  const look = lookOf(runs, false);
  return h("section", { class: "newest" },
    h("div", { class: "page-head" }, h("h2", {}, "Newest runs"), h("a", { href: link(["runs"], { agent: name }) }, "All runs of this agent")),
    h("div", { class: "table rows" }, runs.map((run) => runRow(run, look))));
}

customElements.define("agent-view", AgentView);
