// All agents of a window beside each other, each with its course.

import { get } from "../lib/api.js";
import { sparkline } from "../lib/chart.js";
import { fill, h } from "../lib/dom.js";
import { brief, count, duration, line, money } from "../lib/format.js";
import { link, setQuery } from "../lib/router.js";
import { nothing, showError, skeleton } from "../parts/states.js";
import { frame } from "../parts/table.js";
import { read, windowOf, windowSelect } from "../agents/figures.js";

class AgentsView extends HTMLElement {
  #last = "";

  /** @param {Record<string, string>} _ @param {URLSearchParams} query */
  show(_, query) {
    if (this.#last === `?${query}`) return;
    this.#last = `?${query}`;
    const isChosen = this.querySelector("select") === document.activeElement;
    fill(this, skeleton());
    this.#load(query, 0).then(() => isChosen && this.querySelector("select")?.focus());
  }

  /** @param {URLSearchParams} query @param {number} tries */
  async #load(query, tries) {
    const now = this.#last;
    try {
      const window = windowOf(query);
      const [agents, figures] = await Promise.all([get("agents", { limit: 1000 }), read(window, "")]);
      if (now !== this.#last) return;
      fill(this, h("div", { class: "scrolls" }, h("div", { class: "page-head" }, h("h1", {}, "Agents"), windowSelect(query, setQuery)),
        agents.length ? table(agents, figures) : nothing("No agent has sent anything yet.", h("a", { href: link(["runs"]) }, "How to send the first event"))));
    } catch (error) {
      if (now === this.#last) showError(this, error, () => this.#load(query, tries + 1), tries);
    }
  }
}

/** @param {any[]} agents @param {import("../agents/figures.js").Figures} figures */
function table(agents, figures) {
  const heads = ["Agent", "Runs", "Runs over time", "Cost", "Cost over time", "Tokens", "Failed events", "p50", "p95"];
  const sorted = agents.toSorted((one, other) => figures.total("cost", other.name) - figures.total("cost", one.name));
  return frame(heads.map((head) => h("span", { class: head.endsWith("over time") && "off-screen" }, head)),
    h("tbody", {}, sorted.map((agent) => row(agent, figures))));
}

/** @param {any} agent @param {import("../agents/figures.js").Figures} figures */
function row(agent, figures) {
  const { name } = agent;
  const latency = figures.latency(name);
  const [events, errors] = [figures.total("events", name), figures.total("errors", name)];
  const cells = [
    h("a", { href: link(["agents", name]) }, line(name)),
    count(figures.total("runs", name)),
    sparkline(figures.points("runs", name), `Runs of ${line(name, 60)} over time`),
    money(figures.total("cost", name)),
    sparkline(figures.points("cost", name), `Cost of ${line(name, 60)} over time`),
    brief(figures.total("tokens_in", name) + figures.total("tokens_out", name)),
    h("span", { class: errors && "error-text" }, errors ? `${count(errors)} of ${brief(events)}` : "0"),
    duration(latency?.p50_ms),
    duration(latency?.p95_ms),
  ];
  return h("tr", {}, cells.map((cell) => h("td", {}, cell)));
}

customElements.define("agents-view", AgentsView);
