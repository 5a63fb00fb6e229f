// The filters of the list of runs, as they stand in the address and as they are asked of the API.

import { fill, h } from "../lib/dom.js";
import { brief } from "../lib/format.js";
import { link, setQuery } from "../lib/router.js";

/** What the API filters by: its parameter, and how it is asked for. `of`: a field of runs without which the service does not filter by it. @type {{name: string, label: string, type?: string, list?: string, wide?: boolean, of?: string}[]} */
const FIELDS = [
  { name: "name", label: "Name contains", wide: true },
  { name: "q", label: "Text in data", wide: true },
  { name: "agent", label: "Agent", list: "agent-names" },
  { name: "environment", label: "Environment" },
  { name: "model", label: "Model" },
  { name: "tool", label: "Tool" },
  { name: "session_id", label: "Session", of: "session_id" },
  { name: "user_id", label: "User", of: "user_id" },
  { name: "tag", label: "Tag", of: "tags" },
  { name: "version", label: "Version", of: "version" },
  { name: "min_cost", label: "Cost ≥ $", type: "number" },
  { name: "min_duration_ms", label: "Duration ≥ ms", type: "number" },
];
const WINDOWS = new Map([["1h", 3600], ["24h", 86_400], ["7d", 604_800], ["30d", 2_592_000]]);
const DEFAULT_WINDOW = "7d"; // of sorts by a total, which need one
const NAMES = ["status", "has_error", "silent_for", "from", "to", "max_cost", "sort", "order", ...FIELDS.map((field) => field.name)];

/** Quick filters: each sets these and clears the others. @type {[string, Record<string, string>][]} */
const QUICK = [
  ["All", {}],
  ["Failed", { status: "failed" }],
  ["Active", { status: "active" }],
  ["Slowest", { sort: "duration", window: DEFAULT_WINDOW }],
  ["Costliest", { sort: "cost", window: DEFAULT_WINDOW }],
];
const CLEARED = Object.fromEntries(["status", "sort", "order", "window"].map((name) => [name, null]));

/** The parameters for the API. @param {URLSearchParams} query @param {number} now */
export function asked(query, now = Date.now()) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of NAMES) {
    const value = query.get(name);
    if (value) found[name] = value;
  }
  const needsWindow = (found.sort ?? "started_at") !== "started_at";
  const seconds = WINDOWS.get(query.get("window") ?? (needsWindow && !found.from ? DEFAULT_WINDOW : ""));
  if (seconds && !found.from) found.from = new Date(now - seconds * 1000).toISOString();
  return found;
}

/** Whether anything is left out. @param {URLSearchParams} query */
export function isFiltered(query) {
  return [...NAMES.filter((name) => !["sort", "order"].includes(name)), "window"].some((name) => query.get(name));
}

/** The bar above the list. @param {URLSearchParams} query @param {(changes: Record<string, any>) => void} change @param {any} run one of the service, which says what fields it has */
export function filterBar(query, change, run) {
  const is = (/** @type {Record<string, string>} */ wanted) =>
    ["status", "sort"].every((name) => (query.get(name) ?? "") === (wanted[name] ?? ""));
  const quick = QUICK.map(([label, wanted]) =>
    h("button", { class: "chip", "data-name": label, "aria-pressed": String(is(wanted)), onclick: () => setQuery({ ...CLEARED, ...wanted }) }, label, h("span", { class: "chip-count" })));
  const set = FIELDS.filter((field) => query.get(field.name)).length;
  const more = h("details", { class: "more-filters", open: matchMedia("(min-width: 60rem)").matches || set > 0 },
    h("summary", {}, set ? `Filters (${set})` : "Filters"), h("div", { class: "fields" }, FIELDS.filter((one) => !one.of || query.get(one.name) || (run && one.of in run)).map((one) => field(one, query, change))));
  return h("div", { class: "filters" }, h("div", { class: "quick", role: "group", "aria-label": "Quick filters" }, quick, h("a", { href: link(["compare"], Object.fromEntries(query)) }, "Compare two"), windows(query)), more);
}

/** Say in the quick filters how many runs each has. @param {Element} bar @param {import("./histogram.js").Counts | null} counts */
export function showCounts(bar, counts) {
  for (const place of bar.querySelectorAll(".chip-count")) {
    const found = counts && { All: counts.runs, Failed: counts.failed, Active: counts.active }[place.parentElement?.dataset.name ?? ""];
    fill(place, found == null ? "" : brief(found));
  }
}

/** @param {typeof FIELDS[number]} one @param {URLSearchParams} query @param {(changes: Record<string, any>) => void} change */
function field(one, query, change) {
  const input = h("input", {
    name: one.name, type: one.type ?? "search", min: one.type && "0", step: one.type && "any", list: one.list,
    value: query.get(one.name) ?? "", placeholder: one.label, "aria-label": one.label, class: one.wide && "wide", autocomplete: "off",
  });
  input.addEventListener("input", () => input.checkValidity() && change({ [one.name]: input.value.trim() }));
  return input;
}

/** @param {URLSearchParams} query */
function windows(query) {
  const needsWindow = (query.get("sort") ?? "started_at") !== "started_at";
  const chosen = query.get("window") ?? (needsWindow ? DEFAULT_WINDOW : "");
  const names = [["1h", "Last hour"], ["24h", "Last 24 h"], ["7d", "Last 7 days"], ["30d", "Last 30 days"]];
  if (!needsWindow) names.unshift(["", "Any time"]);
  const isChosen = query.get("from") || query.get("to");
  if (isChosen) names.unshift(["chosen", "As chosen below"]);
  const select = h("select", { "aria-label": "Started" }, names.map(([value, text]) => h("option", { value, selected: value === (isChosen ? "chosen" : chosen) }, text)));
  select.addEventListener("change", () => setQuery({ window: select.value, from: null, to: null }));
  return select;
}
