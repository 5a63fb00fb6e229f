// A plot with its axes, its legend and its table.

import { plot } from "../lib/chart.js";
import { fill, h, refill } from "../lib/dom.js";
import { line, period } from "../lib/format.js";
import { setQuery } from "../lib/router.js";
import { chip } from "../parts/copy.js";
import { nothing } from "../parts/states.js";
import { dataTable, figuresHead } from "../parts/table.js";
import { overall, roundUp, seriesOf } from "./series.js";

/** Draw an answer of /api/metrics/timeseries. @param {HTMLElement} host @param {{body: any, asOf: string}} answer @param {string} title @param {(value: number) => string} show @param {boolean} isSum @param {URLSearchParams} query */
export function plotCard(host, answer, title, show, isSum, query) {
  const { series: groups, interval, truncated } = answer.body;
  const all = seriesOf(answer.body, isSum).map((one, color) => ({ ...one, color }));
  const hidden = (query.get("hide") ?? "").split("\n").filter(Boolean);
  const shown = all.filter((one) => !hidden.includes(one.name));
  const isLines = !isSum || query.get("as") === "lines";
  const moments = /** @type {string[]} */ ((groups[0]?.points ?? []).map((/** @type {any} */ point) => point.timestamp));
  const times = moments.map((moment) => period(moment, interval));
  const tops = times.map((_, at) => overall(shown.map((one) => Number(one.values[at])), !isLines));
  const top = roundUp(overall(tops, false));
  const [when, figures] = [h("span", { class: "quiet" }), all.map(() => h("b", { class: "figure" }))];
  const valueAt = (/** @type {number[]} */ values, /** @type {number} */ at) => show(at < 0 ? overall(values, isSum) : Number(values[at]));
  const point = (/** @type {number} */ at) => {
    when.textContent = times[at] ?? (isSum ? "in all" : "at most");
    for (const [index, figure] of figures.entries()) figure.textContent = valueAt(/** @type {any} */ (all[index]).values, at);
  };
  point(-1);
  const textAt = (/** @type {number} */ at) => `${times[at]}: ${shown.map((one) => `${line(one.name, 60)} ${valueAt(one.values, at)}`).join(", ")}`;
  const toggle = (/** @type {string} */ name, /** @type {boolean} */ isAlone) => {
    const others = (isAlone ? all.map((one) => one.name) : hidden).filter((one) => one !== name);
    setQuery({ hide: (isAlone || hidden.includes(name) ? others : [...others, name]).join("\n") }, true);
  };
  const columns = /** @type {import("../parts/table.js").Column[]} */ ([["Begins at", (at) => moments[at], (_, at) => times[at]], ...all.map((one) => [one.name, (/** @type {number} */ at) => one.values[at], show])]);
  const rows = [...times.keys()];
  const table = h("details", { open: query.get("table") }, h("summary", {}, "As a table"));
  const fillTable = () => fill(table, table.firstChild, table.open && dataTable(columns, rows, `${title} over time`));
  fillTable();
  table.addEventListener("toggle", () => (fillTable(), setQuery({ table: table.open }, true)));
  refill(host, figuresHead(`${title} by ${interval}`, columns, rows, answer, isSum && chip("Lines", isLines, { as: isLines ? null : "lines" })),
    ...(all.length ? [
      h("div", { class: "plot-frame" }, h("div", { class: "axis" }, [show(top), show(top / 2), "0"].map((text) => h("span", { class: "figure" }, text))), plot(shown, rows.length, top, { isLines, hasGaps: !isSum, label: title, textAt, point }),
        h("div", { class: "axis-of-time" }, [0, rows.length >> 1, rows.length - 1].map((at) => h("span", {}, times[at])))),
      h("div", { class: "legend", role: "group", "aria-label": "Series" }, when, all.map(({ name, color }, index) => h("button", { "aria-pressed": String(!hidden.includes(name)), "aria-label": name, title: "Show or hide; with Shift this one alone",
        onclick: (/** @type {MouseEvent} */ event) => toggle(name, event.shiftKey) }, h("i", { class: `color-${color}` }), h("span", { class: "name" }, line(name, 60)), figures[index]))),
      truncated && h("p", { class: "quiet" }, "There are more groups: these are of the largest alone."), table] : [nothing("Nothing in this window.")]));
}
