// What the window comes to beside the one before: four figures, and whose cost has changed.

import { sparkline } from "../lib/chart.js";
import { h } from "../lib/dom.js";
import { brief, count, duration, line, money, percent, time } from "../lib/format.js";
import { link, query } from "../lib/router.js";

const HEADS = ["Name", "Cost", "Before", "Change", "Calls", "Tokens per call", "$ per call", "Mostly"];
/** @type {[string, string, string][]} */
const GROUPS = [["agents", "agent_name", "agent"], ["models", "model", "model"], ["tools", "tool", "tool"]];

/** @typedef {{calls: number, tokens_in: number, tokens_out: number, cost: number}} Sums */

/** How much more or less, such as +34 %. @param {number | null} now @param {number | null | undefined} before */
export function change(now, before) {
  if (now == null || before == null || now === before) return "";
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

/** The four figures. @param {any} changes an answer of /metrics/changes */
export function cards({ totals: { now, before }, points, interval }) {
  const begun = points.filter((/** @type {any} */ point) => Date.parse(point.timestamp) < Date.now());
  const card = (/** @type {string} */ title, /** @type {string} */ name, /** @type {(value: number) => string} */ show) => {
    const values = begun.map((/** @type {any} */ point) => point[name] ?? 0);
    return h("dl", { class: "card" }, h("dt", {}, title), h("dd", {}, show(now[name])),
      h("dd", { class: "beside" }, before ? [tone(now[name], before[name], name !== "runs"), ` ${show(before[name])} before`] : "–"),
      h("dd", {}, sparkline(values, `${title} by ${interval}: ${values.map(show).join(", ")}`)));
  };
  return h("div", { class: "cards figures-of-window" }, card("Cost", "cost", money), card("Runs", "runs", count),
    card("Failed runs", "failed", count), card("p95 of durations", "p95_ms", duration));
}

/** @param {number} now @param {number | undefined} before @param {boolean} isBad that it is more */
function tone(now, before, isBad = true) {
  return h("b", { class: isBad && before != null && (now > before ? "error-text" : "better") }, change(now, before));
}

/** Whose cost has changed. @param {any} changes */
export function changed(changes) {
  const { now, before } = changes.totals;
  const most = Math.max(...GROUPS.flatMap(([name]) => changes[name].flatMap((/** @type {any} */ one) => [one.now.cost, one.before?.cost ?? 0])));
  const days = changes.before && Math.round((Date.parse(changes.from) - Date.parse(changes.before.from)) / 86_400_000);
  const why = reason(now, before);
  return h("section", { class: "card changed" },
    h("div", { class: "page-head" }, h("h2", {}, "What changed"), days && h("span", { class: "quiet", title: `${time(changes.before.from)} – ${time(changes.before.to)}` },
      why && h("b", {}, `mostly ${why}, `), `beside the ${days > 1 ? `${days} days` : "day"} before${changes.before.to < changes.from ? ", until this time" : ""}`)),
    !GROUPS.some(([name]) => changes[name].length) ? h("p", {}, "Nothing happened in these windows.") : h("div", { class: "wide-table" }, h("table", { class: "grid-table" },
      h("thead", {}, h("tr", {}, HEADS.map((head) => h("th", { scope: "col" }, head)))),
      GROUPS.map(([name, key, filter]) => changes[name].length > 0 && h("tbody", {},
        h("tr", {}, h("th", { scope: "rowgroup", colspan: HEADS.length, class: "group-head" }, `By ${filter}`)),
        changes[name].map((/** @type {any} */ one) => row(one, one[key], filter, most)))))),
    changes.truncated && !query().get("more") && h("a", { href: here({ more: 1 }) }, "Show more"));
}

/** This address with something changed. @param {Record<string, any>} changes */
export function here(changes) {
  return link([], { ...Object.fromEntries(query()), ...changes });
}

/** @param {any} one @param {string | null} name @param {string} filter @param {number} most */
function row({ now, before }, name, filter, most) {
  const perCall = (/** @type {(value: any) => string} */ show, /** @type {(side: Sums) => number} */ of) => {
    const [here, there] = [now, before].map((side) => (side?.calls && of(side) ? of(side) / side.calls : null));
    return [show(here), h("small", {}, change(here ?? null, there))];
  };
  const label = name === null ? `no ${filter} named` : line(name, 120);
  const bars = now.cost + (before?.cost ?? 0) > 0 && h("span", { class: "bar-pair" }, [now, before].map((side) => h("i", { "--share": `${((side?.cost ?? 0) / most) * 100}%` })));
  const cells = [money(now.cost), money(before?.cost), tone(now.cost, before?.cost), [count(now.calls), h("small", {}, change(now.calls, before?.calls))],
    perCall((value) => brief(value && Math.round(value)), (side) => side.tokens_in + side.tokens_out), perCall(money, (side) => side.cost),
    reason(now, before, filter === "model" ? "costlier tokens" : undefined)];
  return h("tr", {}, h("th", { scope: "row" }, h("a", { href: name === null ? null : here({ [filter]: name }) }, label, bars)), cells.map((cell) => h("td", {}, cell)));
}
