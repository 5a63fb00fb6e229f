// The figures of agents over a window: what the metrics say of each, and their course.

import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { line, zoneName } from "../lib/format.js";

const METRICS = ["runs", "cost", "events", "errors", "tokens_in", "tokens_out"];
const WINDOWS = /** @type {[string, string, number, string][]} */ ([
  ["24h", "Last 24 h", 1, "hour"], ["7d", "Last 7 days", 7, "day"], ["30d", "Last 30 days", 30, "day"], ["90d", "Last 90 days", 90, "day"],
]);
const DEFAULT = "7d";
const DAY_MS = 86_400_000;

/** @typedef {{from: string, to: string, interval: string}} Window */

/** @param {URLSearchParams} query with a window, or days or moments from and to @param {number} now @returns {Window} */
export function windowOf(query, now = Date.now()) {
  const [given, end] = [query.get("from"), query.get("to")];
  if (given) return { from: given, to: end ?? new Date(now).toISOString(), interval: (Date.parse(end ?? "") || now) - Date.parse(given) > 3 * DAY_MS ? "day" : "hour" };
  const chosen = WINDOWS.find(([name]) => name === (query.get("window") ?? DEFAULT)) ?? WINDOWS[1];
  const [, , days, interval] = /** @type {[string, string, number, string]} */ (chosen);
  return { from: new Date(now - days * DAY_MS).toISOString(), to: new Date(now + 60_000).toISOString(), interval };
}

/** @param {URLSearchParams} query @param {(changes: Record<string, any>) => void} set */
export function windowSelect(query, set) {
  const [from, to] = ["from", "to"].map((name) => query.get(name));
  const chosen = from ? "" : query.get("window") ?? DEFAULT;
  const names = [...(from ? [["", `${line(from, 20)} – ${line(to ?? "now", 20)}`]] : []), ...WINDOWS];
  const select = h("select", { "aria-label": "Window" }, names.map(([name, text]) => h("option", { value: name, selected: name === chosen }, text)));
  select.addEventListener("change", () => select.value && set({ window: select.value === DEFAULT ? null : select.value, from: null, to: null }));
  return select;
}

/** What was read: series by metric and agent, latencies by agent. */
export class Figures {
  /** @param {Map<string, Map<string, number[]>>} series @param {Map<string, any>} latencies @param {string[]} times */
  constructor(series, latencies, times) {
    this.series = series;
    this.latencies = latencies;
    this.times = times;
  }

  /** @param {string} metric @param {string} agent @returns {number[]} */
  points(metric, agent) {
    return this.series.get(metric)?.get(agent) ?? this.times.map(() => 0);
  }

  /** @param {string} metric @param {string} agent */
  total(metric, agent) {
    return this.points(metric, agent).reduce((sum, one) => sum + one, 0);
  }

  /** @param {string} agent @returns {any} */
  latency(agent) {
    return this.latencies.get(agent);
  }
}

/** Read the figures of all agents, or of one. @param {Window} window @param {string} agent */
export async function read(window, agent) {
  const filter = agent ? { agent } : {};
  const asked = METRICS.map((metric) => get("metrics/timeseries", {
    metric, group_by: "agent", interval: window.interval, from: window.from, to: window.to, limit: 200, tz: zoneOfApi(), ...filter,
  }));
  const [latency, ...answers] = await Promise.all([get("metrics/latency", { from: window.from, to: window.to, limit: 200, ...filter }), ...asked]);
  const series = new Map(METRICS.map((metric, index) => [metric, new Map(answers[index].series.map(
    (/** @type {any} */ one) => [one.group, one.points.map((/** @type {any} */ point) => Number(point.value))]))]));
  const first = answers[0].series[0]?.points ?? [];
  const times = first.map((/** @type {any} */ point) => point.timestamp);
  return new Figures(series, new Map(latency.agents.map((/** @type {any} */ one) => [one.agent ?? one.agent_name, one])), times);
}

/** The zone for days, where the service knows it by this name. */
export function zoneOfApi() {
  const name = zoneName();
  return name.includes("/") ? name : "UTC";
}
