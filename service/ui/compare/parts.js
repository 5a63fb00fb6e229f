// Two runs beside each other: their figures, an event as a line, an event in detail.

import { get } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { brief, count, duration, line, money, time, visible } from "../lib/format.js";
import { link } from "../lib/router.js";
import { icon, kindOf, statusMark } from "../parts/icons.js";
import { showError, skeleton } from "../parts/states.js";
import { dataTable } from "../parts/table.js";
import { nameOf, value } from "../trace/model.js";
import { splitTexts } from "./match.js";

/** @typedef {import("./match.js").Figure} Figure */
/** @typedef {import("./match.js").Pair} Pair */
/** @typedef {{traces: import("../trace/model.js").Trace[], runs: any[], pairs: Pair[]}} Compared */

const AROUND = 300; // characters that are the same, beside what differs
const MOST = 3000; // of what differs
const MOST_DEPTH = 16;
/** How events can be sorted. @type {[Figure, string, (value: number) => string][]} */
export const SORTS = [["own", "Own time", duration], ["cost", "Cost", money], ["tokens", "Tokens", brief]];
/** @type {[string, string, (value: number) => string][]} */
const TOTALS = [["Duration", "total_duration_ms", duration], ["Cost", "total_cost", money], ["Tokens in", "tokens_in", count], ["Tokens out", "tokens_out", count], ["Events", "event_count", count], ["Errors", "error_count", count]];

/** What the second has more or less than the first. @param {number} one @param {number} other @param {(value: number) => string} show */
function change(one, other, show) {
  const by = other - one;
  if (Math.abs(by) < 1e-9) return "=";
  const [sign, share] = [by > 0 ? "+" : "−", Math.round(Math.abs(by / one) * 100)];
  return h("span", { class: by > 0 ? "more" : "less" }, sign + show(Math.abs(by)), one > 0 && share > 0 && ` (${sign}${count(share)} %)`);
}

/** @param {any[]} runs */
export function totals(runs) {
  const [a, b] = runs;
  const swap = () => h("span", {}, "B beside A; ", h("a", { href: link(["compare"], { a: b.run_id, b: a.run_id }) }, "swap"));
  const name = (/** @type {any} */ run) => h("span", {}, h("b", { class: "tag" }, run === a ? "A" : "B"), " ", h("a", { href: link(["runs", run.run_id]) }, line(run.run_name, 60)), ` ${line(run.agent_name, 40)}`);
  return dataTable([
    ["Run", (run) => run, (run) => (run ? name(run) : swap())], ["Status", (run) => run?.status, (status) => status && h("span", {}, statusMark(status), ` ${status}`)],
    ["Started", (run) => run && time(run.started_at)], ["Version", (run) => run && line(run.version ?? "–", 40)],
    ...TOTALS.map(([head, field, show]) => /** @type {import("../parts/table.js").Column} */ ([head, (run) => run?.[field], (figure) => (figure == null ? change(a[field], b[field], show) : show(figure))])),
  ], [a, b, null], "The two runs");
}

/** @param {Compared} compared @param {Pair} pair @param {boolean} isTree @param {string} href */
export function pairRow({ traces }, { rows, depth, figures, words }, isTree, href) {
  const there = traces.flatMap((trace, side) => (rows[side] < 0 ? [] : [{ trace, row: Number(rows[side]) }]));
  const names = new Set(there.map(({ trace, row }) => line(nameOf(trace, row), 100)));
  const of = (/** @type {string} */ name) => there.map(({ trace, row }) => value(trace, row, name));
  return h("a", { class: `pair-row ${there.length < 2 ? "is-alone" : words.length ? "" : "is-same"}`, href, "--depth": isTree ? Math.min(depth, MOST_DEPTH) : 0 },
    h("span", { class: "pair-name" }, icon(kindOf(String(of("event_type")[0]))), of("is_error").some(Boolean) && icon("error", "error"), h("span", { class: "name" }, [...names].join(" → "))),
    SORTS.map(([name, , show]) => {
      const [one = 0, other = 0] = figures[name];
      return h("span", { class: "figure" }, one + other > 0 && h("span", {}, there.length < 2 ? show(one || other) : one === other ? show(one) : `${show(one)} → ${show(other)}`), there.length > 1 && one !== other && change(one, other, show));
    }), h("span", { class: "pair-words" }, words.map((word) => h("span", { class: "tag" }, word))));
}

/** Each field of an event that differs. @param {HTMLElement} host @param {Compared} compared @param {Pair} pair @param {() => boolean} isWanted @param {() => void} close @returns {Promise<void>} */
export async function pairDetail(host, compared, pair, isWanted, close, tries = 0) {
  const { traces, runs } = compared;
  const there = traces.flatMap((trace, side) => (pair.rows[side] < 0 ? [] : [{ label: "AB"[side], run: runs[side].run_id, name: nameOf(trace, Number(pair.rows[side])), event: value(trace, Number(pair.rows[side]), "event_id") }]));
  const body = h("div", { class: "detail-body" }, skeleton(4));
  fill(host, h("header", { class: "detail-head" }, h("h2", {}, line(there[0]?.name, 200)), there.map(({ label, run, event }) => h("a", { href: link(["runs", run], { event }) }, `Open in ${label}`)),
    h("button", { class: "copy", title: "Close (Escape)", "aria-label": "Close (Escape)", onclick: close }, icon("close"))), body);
  try {
    const events = await Promise.all(there.map(({ run, event }) => get(`runs/${run}/events/${event}`)));
    if (isWanted()) fill(body, fields(events, there.map((one) => one.label)));
  } catch (error) {
    if (isWanted()) showError(body, error, () => pairDetail(host, compared, pair, isWanted, close, tries + 1), tries);
  }
}

/** @param {any[]} events one or two @param {(string | undefined)[]} labels */
function fields(events, labels) {
  const datas = events.map((event) => ({ error: null, output: null, input: null, model: event.model, latency_ms: event.latency_ms, cost: event.cost, ...event.data }));
  const texts = [...new Set(datas.flatMap(Object.keys))].map((name) => ({ name: line(name, 60), texts: datas.map((data) => textOf(data[name])) })).filter((one) => one.texts.join(""));
  const [same, others] = [true, false].map((isSame) => texts.filter((one) => (one.texts[0] === one.texts[1]) === isSame));
  return [...(others ?? []).map((one) => h("section", { class: "content" }, h("h3", {}, one.name), h("div", { class: "pair-texts" }, beside(one.texts, labels)))),
    same?.length && h("p", { class: "quiet" }, `The same in both: ${same.map((one) => one.name).join(", ")}.`)];
}

/** @param {unknown} data */
const textOf = (data) => (data == null ? "" : typeof data === "string" ? data : JSON.stringify(data, null, 2));

/** @param {string[]} texts @param {(string | undefined)[]} labels */
function beside(texts, labels) {
  const [before, parts, after] = splitTexts(texts[0] ?? "", texts[1] ?? "");
  return texts.map((_, index) => {
    const part = parts[index] ?? "";
    const more = part.length > MOST ? `… ${count(part.length - MOST)} characters more` : after.slice(0, AROUND) + (after.length > AROUND ? "…" : "");
    return h("div", { class: "text", dir: "auto" }, h("b", { class: "tag" }, labels[index]), ` ${before.length > AROUND ? "…" : ""}${visible(before.slice(-AROUND))}`, part && h(texts.length > 1 ? "mark" : "span", {}, visible(part.slice(0, MOST))), visible(more));
  });
}
