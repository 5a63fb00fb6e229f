// A table of figures that can be downloaded as CSV, and the word of when figures are exact.

import { download, h } from "../lib/dom.js";
import { csv } from "../lib/csv.js";
import { line, time } from "../lib/format.js";

/** @typedef {[head: string, value: (row: any) => any, show?: (value: any, row: any) => import("../lib/dom.js").Child]} Column */

/** A table; of each column its head, its value, and how that is shown. @param {Column[]} columns @param {any[]} rows @param {string} label */
export function dataTable(columns, rows, label) {
  const shown = (/** @type {unknown} */ value) => line(String(value ?? ""), 120);
  return frame(columns.map(([head]) => line(head, 60)),
    h("tbody", {}, rows.map((row) => h("tr", {}, columns.map(([, value, show = shown]) => h("td", {}, show(value(row), row)))))),
    { tabindex: "0", role: "region", "aria-label": label });
}

/** A table with these heads; it scrolls sideways. @param {import("../lib/dom.js").Child[]} heads @param {HTMLElement} rows @param {import("../lib/dom.js").Attributes} more */
export function frame(heads, rows, more = {}) {
  return h("div", { class: "wide-table", ...more }, h("table", { class: "grid-table" },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), rows));
}

/** The head of figures: what they are, when they are exact, and a button that offers the rows as a file. @param {string} name @param {Column[]} columns @param {any[]} rows @param {{body: any, asOf: string}} answer @param {...import("../lib/dom.js").Child} more */
export function figuresHead(name, columns, rows, { body, asOf }, ...more) {
  const save = () => download(`${name}.csv`, csv([columns.map(([head]) => head), ...rows.map((row) => columns.map(([, value]) => value(row)))]), "text/csv");
  const bound = body.error_bound ? `; percentiles within ${Math.round(body.error_bound * 100)} %` : "";
  return h("div", { class: "page-head" }, h("h2", {}, name), h("span", { class: "quiet" }, `Exact as of ${time(asOf)}${bound}`), ...more, h("button", { "aria-label": `CSV of ${name}`, onclick: save }, "CSV"));
}
