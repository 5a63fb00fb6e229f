// The window and the filters of the overview: as they stand in the address, and as they are asked of the API.

import { zoneOfApi } from "../agents/figures.js";
import { h } from "../lib/dom.js";
import { line } from "../lib/format.js";
import { setQuery } from "../lib/router.js";
import { chip } from "../parts/copy.js";

/** What it says, and the days from and to, today being 0, the last not included. @type {Record<string, [string, number, number]>} */
const WINDOWS = { today: ["Today", 0, 1], yesterday: ["Yesterday", -1, 0], "7d": ["7 days", -6, 1], "30d": ["30 days", -29, 1] };
const DEFAULT = "7d";
const DAY_MS = 86_400_000;
const NONE = { window: null, from: null, to: null };

/** The day so many days from one, both as YYYY-MM-DD. @param {string} day @param {number} days */
export function later(day, days) {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The first day, and the first that is no more in the window. @param {URLSearchParams} query @param {number} now */
export function daysOf(query, now = Date.now()) {
  const today = new Intl.DateTimeFormat("sv", { timeZone: zoneOfApi() }).format(now); // Sweden writes 2026-11-29
  const given = ["from", "to"].map((name) => (Date.parse(query.get(name) ?? "") ? query.get(name) : null));
  const [, first, end] = WINDOWS[query.get("window") ?? DEFAULT] ?? /** @type {any} */ (WINDOWS[DEFAULT]);
  const to = given[1] ?? later(today, given[0] ? 1 : end);
  return { from: given[0] ?? later(given[1] ?? today, given[1] ? -1 : first), to };
}

/** The filters that are set. @param {URLSearchParams} query */
export function filtersOf(query) {
  return Object.fromEntries(["agent", "environment", "model", "tool"].map((name) => [name, query.get(name)]));
}

/** What is asked of /metrics/changes. @param {URLSearchParams} query */
export function asked(query) {
  const { from, to } = daysOf(query);
  const interval = Date.parse(to) - Date.parse(from) > 2 * DAY_MS ? "day" : "hour";
  return { from, to, interval, tz: zoneOfApi(), limit: query.get("more") ? 100 : 5, ...filtersOf(query) };
}

/** The bar above. @param {URLSearchParams} query @param {(changes: Record<string, any>) => void} change */
export function bar(query, change) {
  const { from, to } = daysOf(query);
  const chosen = query.has("from") || query.has("to") ? "" : query.get("window") ?? DEFAULT;
  const day = (/** @type {string} */ label, /** @type {string} */ value, /** @type {(day: string) => any} */ window) => {
    const input = h("input", { type: "date", "aria-label": label, value });
    input.addEventListener("change", () => input.value && setQuery({ ...NONE, ...window(input.value) }));
    return input;
  };
  const text = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ list) => {
    const input = h("input", { type: "search", name, placeholder: label, "aria-label": label, value: query.get(name) ?? "", list, autocomplete: "off" });
    input.addEventListener("input", () => change({ [name]: input.value.trim() }));
    return input;
  };
  return h("div", { class: "filters" }, h("div", { class: "quick", role: "group", "aria-label": "Window and filters" },
    Object.entries(WINDOWS).map(([name, [text]]) => chip(text, name === chosen, { ...NONE, window: name === DEFAULT ? null : name })),
    day("First day", from.slice(0, 10), (first) => ({ from: first, to: first < to ? to : later(first, 1) })),
    day("Last day", later(to, -1), (last) => ({ from: from.slice(0, 10) > last ? last : from, to: later(last, 1) })),
    text("agent", "Agent", "overview-agents"), text("environment", "Environment", ""),
    ["model", "tool"].map((name) => query.get(name) && chip(`${name} ${line(query.get(name), 60)} ✕`, true, { [name]: null }))));
}
