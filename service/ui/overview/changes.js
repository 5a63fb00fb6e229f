// What the window comes to beside the one before: four figures, and whose cost has changed.

import { sparkline } from "../lib/chart.js";
import { h } from "../lib/dom.js";
import { brief, count, duration, line, money, percent, time } from "../lib/format.js";
import { link, query } from "../lib/router.js";
import { dataTable, figuresHead } from "../parts/table.js";
import { filtersOf } from "./window.js";

const DAY_MS = 86_400_000;

/** @typedef {{calls: number, tokens_in: number, tokens_out: number, cost: number}} Sums */

/** How much more or less, such as +34 %. @param {number} now @param {number | undefined} before */
export function change(now, before) {
  if (before === undefined || now === before) return "";
  const ratio = now / before;
  if (!before) return "new";
  return ratio >= 10 ? `×${brief(Math.round(ratio))}` : `${ratio > 1 ? "+" : "−"}${percent(Math.abs(ratio - 1))}`;
}

/** What made a cost rise most. @param {Sums} now @param {Sums | null} before @param {string} costlier what costlier tokens are called */
export function reason(now, before, costlier = "costlier model") {
  if (!before || now.cost <= before.cost) return "";
  if (!before.calls) return "new";
  if (!before.cost) return "no cost before";
  const ratio = (/** @type {(one: Sums) => number} */ of) => of(now) / of(before) || 1;
  const grown = (/** @type {"tokens_in" | "tokens_out"} */ name) => now[name] / now.calls - before[name] / before.calls;
  const [calls, tokens] = [ratio((one) => one.calls), ratio((one) => one.tokens_in + one.tokens_out)];
  const factors = { "more calls": calls, [grown("tokens_in") < grown("tokens_out") ? "longer answers" : "longer prompts"]: tokens / calls, [costlier]: now.cost / before.cost / tokens };
  return Object.entries(factors).reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** @param {number} now @param {number | undefined} before @param {boolean} isBad that it is more */
function tone(now, before, isBad = true) {
  return h("b", { class: isBad && (now > Number(before) ? "error-text" : "less") }, change(now, before));
}

/** The four figures. @param {any} changes an answer of /metrics/changes */
export function cards({ totals: { now, before }, points, interval, from, to }) {
  const begun = points.filter((/** @type {any} */ point) => Date.parse(point.timestamp) < Date.now());
  const card = (/** @type {string} */ title, /** @type {string} */ name, /** @type {(value: number) => string} */ show, /** @type {Record<string, string>} */ runs = {}) => {
    const values = begun.map((/** @type {any} */ point) => point[name] ?? 0);
    return h("dl", { class: "card" }, h("dt", {}, h("a", { href: link(["runs"], { from, to, ...filtersOf(query()), ...runs }) }, title)), h("dd", {}, show(now[name])),
      h("dd", { class: "beside" }, before && [tone(now[name], before[name], name !== "runs"), ` ${show(before[name])} before`]),
      h("dd", {}, sparkline(values, `${title} by ${interval}: ${values.map(show).join(", ")}`)));
  };
  return h("div", { class: "cards" }, card("Cost", "cost", money, { sort: "cost" }), card("Runs", "runs", count), card("Failed runs", "failed", count, { status: "failed" }), card("p95 of durations", "p95_ms", duration, { sort: "duration" }));
}

/** Whose cost has changed. @param {{body: any, asOf: string}} answer of /metrics/changes */
export function changed(answer) {
  const { totals, agents, models, tools, from, before } = answer.body;
  const most = Math.max(...[...agents, ...models, ...tools].flatMap(({ now, before }) => [now.cost, before?.cost ?? 0]));
  const days = before && Math.round((Date.parse(from) - Date.parse(before.from)) / DAY_MS);
  const why = reason(totals.now, totals.before);
  const group = (/** @type {string} */ name, /** @type {string} */ key, /** @type {any[]} */ rows) => {
    const columns = columnsOf(name, key, most);
    return rows.length > 0 && h("section", {}, figuresHead(`What changed by ${name}`, columns, rows, answer), dataTable(columns, rows, `By ${name}`));
  };
  return h("div", { class: "changed" },
    days && h("p", { title: `${time(before.from)} – ${time(before.to)}` }, why && h("b", {}, `Mostly ${why}, `), `${why ? "b" : "B"}eside the ${days > 1 ? `${days} days` : "day"} before${before.to < from ? ", until this time" : ""}.`),
    group("agent", "agent_name", agents), group("model", "model", models), group("tool", "tool", tools),
    answer.body.truncated && !query().get("more") && h("a", { href: here({ more: 1 }) }, "Show more"));
}

/** This address with something changed. @param {Record<string, any>} changes */
export function here(changes) {
  return link([], { ...Object.fromEntries(query()), ...changes });
}

/** @param {string} filter @param {string} key @param {number} most @returns {import("../parts/table.js").Column[]} */
function columnsOf(filter, key, most) {
  const bar = (/** @type {Sums | null} */ side) => h("i", { "--share": `${((side?.cost ?? 0) / most) * 100}%` });
  const beside = (/** @type {string} */ head, /** @type {(side: Sums) => number} */ of, /** @type {(value: number) => string} */ show) =>
    /** @type {import("../parts/table.js").Column} */ ([head, ({ now }) => of(now), (value, { before }) => h("span", {}, show(value), h("small", {}, before && value ? change(value, of(before)) : ""))]);
  const perCall = (/** @type {(side: Sums) => number} */ of) => (/** @type {Sums} */ side) => (side.calls ? of(side) / side.calls : 0);
  return [
    [filter, (row) => row[key], (name, { now, before }) =>
      h("a", { href: name && here({ [filter]: name }) }, name ? line(name, 120) : `no ${filter} named`, most > 0 && now.cost + (before?.cost ?? 0) > 0 && [bar(now), bar(before)])],
    ["Cost", ({ now }) => now.cost, money], ["Before", ({ before }) => before?.cost, money], ["Change", ({ now, before }) => change(now.cost, before?.cost), (_, { now, before }) => tone(now.cost, before?.cost)],
    beside("Calls", (side) => side.calls, count), beside("Tokens per call", perCall((side) => side.tokens_in + side.tokens_out), (value) => brief(Math.round(value))),
    beside("$ per call", perCall((side) => side.cost), money), ["Mostly", ({ now, before }) => reason(now, before, filter === "model" ? "costlier tokens" : undefined)],
  ];
}
