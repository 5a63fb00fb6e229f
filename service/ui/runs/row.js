// One run as a line of the list; its columns, and which of them sort.

import { h } from "../lib/dom.js";
import { ago, brief, count, duration, exact, line, many, money } from "../lib/format.js";
import { link } from "../lib/router.js";
import { statusMark } from "../parts/icons.js";

/** @type {{name: string, label: string, sort?: string, title?: string}[]} */
export const COLUMNS = [
  { name: "status", label: "" },
  { name: "run", label: "Run" },
  { name: "started", label: "Started", sort: "started_at" },
  { name: "duration", label: "Duration", sort: "duration" },
  { name: "events", label: "Events" },
  { name: "tokens", label: "Tokens in / out", sort: "tokens" },
  { name: "cost", label: "Cost", sort: "cost" },
];
const SILENT_MS = 3_600_000;

/** @param {any} run @param {Look} look */
function labels(run, look) {
  const found = look.withEnvironment ? [run.environment] : [];
  if (run.version) found.push(`v ${run.version}`);
  found.push(...(run.tags ?? []));
  return found.slice(0, 4).map((text) => h("span", { class: "tag" }, line(String(text), 40)));
}

/** Whether an active run has been silent so long that it may never end. @param {any} run @param {number} now */
export function silence(run, now = Date.now()) {
  const silent = now - Date.parse(run.last_event_at);
  return run.status === "active" && silent > SILENT_MS ? `silent for ${duration(silent)}` : "";
}

/** @typedef {{longest: number, withAgent: boolean, withEnvironment: boolean}} Look what the runs beside it make worth saying */

/** How runs that stand together are drawn. @param {any[]} runs @returns {Look} */
export function lookOf(runs, withAgent = true) {
  return {
    longest: Math.max(0, ...runs.map((run) => run.total_duration_ms)), withAgent,
    withEnvironment: new Set(runs.map((run) => run.environment)).size > 1,
  };
}

/** @param {any} run @param {Look} look */
export function runRow(run, look) {
  const silent = silence(run);
  const share = look.longest ? Math.max(1, (run.total_duration_ms / look.longest) * 100) : 0;
  const error = line(errorText(run), 200);
  return h(
    "a",
    { class: `run-row is-${run.status}`, href: link(["runs", run.run_id]) },
    cell("status", statusMark(run.status)),
    cell("run",
      h("span", { class: "run-names" }, look.withAgent && h("span", { class: "agent" }, line(run.agent_name, 100)),
        h("span", { class: look.withAgent ? "run-name" : "agent" }, line(run.run_name)), ...labels(run, look)),
      (silent || error) && h("span", { class: "run-more" }, silent && h("span", { class: "hint" }, silent), error && h("span", { class: "error-text" }, error))),
    cell("started", h("time", { datetime: run.started_at, title: exact(run.started_at) }, ago(run.started_at))),
    cell("duration", h("span", { class: "figure" }, duration(run.total_duration_ms)), h("span", { class: "share", "--share": `${share}%` })),
    cell("events", h("span", { class: "figure" }, count(run.event_count)), run.error_count > 0 && h("span", { class: "errors" }, many(run.error_count, "error"))),
    cell("tokens", h("span", { class: "figure", title: tokensTitle(run) }, run.tokens_in || run.tokens_out ? `${brief(run.tokens_in)} / ${brief(run.tokens_out)}` : "–")),
    cell("cost", h("span", { class: "figure" }, run.total_cost ? money(run.total_cost) : "–")),
  );
}

/** The first error of a run, where the service says it. @param {any} run @returns {string} */
export function errorText(run) {
  const { type, text } = run.first_error ?? {};
  return type && text ? `${type}: ${text}` : text || type || "";
}

/** @param {any} run */
function tokensTitle(run) {
  const cached = run.cached_tokens ? `, ${count(run.cached_tokens)} of them cached` : "";
  return `${count(run.tokens_in)} in${cached}, ${count(run.tokens_out)} out`;
}

/** @param {string} name @param {...import("../lib/dom.js").Child} children */
function cell(name, ...children) {
  return h("span", { class: `cell cell-${name}` }, ...children);
}

/** The heads of the columns. @param {string} sort @param {string} order @param {(sort: string, order: string) => void} choose */
export function head(sort, order, choose) {
  const made = COLUMNS.map((column) => {
    const isChosen = column.sort === sort;
    const [arrow, said] = !isChosen ? ["", "sort"] : order === "asc" ? [" ↑", "sorted, the least first"] : [" ↓", "sorted, the most first"];
    const other = isChosen && order === "desc" ? "asc" : "desc";
    return cell(column.name, column.sort
      ? h("button", { class: "sort", "aria-label": `${column.label}: ${said}`, onclick: () => choose(/** @type {string} */ (column.sort), other) }, column.label + arrow)
      : column.label);
  });
  return h("div", { class: "run-row run-head" }, ...made);
}
