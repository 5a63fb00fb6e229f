// Below the figures: runs that stand out, errors by their text, models without a price.

import { h } from "../lib/dom.js";
import { ago, brief, count, exact, line, many } from "../lib/format.js";
import { link, query } from "../lib/router.js";
import { snippet } from "../parts/copy.js";
import { nothing } from "../parts/states.js";
import { dataTable } from "../parts/table.js";
import { lookOf, runRow } from "../runs/row.js";
import { here } from "./changes.js";

const FIRST = "costliest";
/** @type {Record<string, [string, Record<string, string>]>} */
const TABS = { [FIRST]: ["Costliest runs", { sort: "cost" }], slowest: ["Slowest runs", { sort: "duration" }], failed: ["Failed runs", { status: "failed" }] };

/** @returns {any} */
const chosen = () => TABS[query().get("tab") ?? FIRST] ?? TABS[FIRST];

/** What is asked of /runs for the chosen tab. @returns {Record<string, string>} */
export function askedOfTab() {
  return chosen()[1];
}

/** @param {any[]} runs @param {Record<string, any>} asked */
export function runTabs(runs, asked) {
  const look = lookOf(runs);
  return [
    h("div", { class: "page-head" }, Object.entries(TABS).map(([name, tab]) =>
      h("a", { class: "chip", href: here({ tab: name === FIRST ? null : name }), "aria-current": tab === chosen() && "true" }, tab[0])), h("a", { href: link(["runs"], asked) }, "All of these")),
    runs.length ? h("div", { class: "table rows" }, runs.map((run) => runRow(run, look))) : nothing("No such run in this window."),
  ];
}

/** @type {import("../parts/table.js").Column[]} */
const ERROR = [
  ["Error", (one) => [one.type, one.text].filter(Boolean).join(": "), (text, { newest }) => h("a", { href: link(["runs", newest.run_id], { event: newest.event_id }), title: "Its newest run" }, line(text, 240) || "an error without a text")],
  ["Count", (one) => one.count, count], ["Last", (one) => one.last_at, (moment) => h("time", { datetime: moment, title: exact(moment) }, ago(moment))], ["Agent", (one) => one.newest.agent_name],
];

/** @param {any} found an answer of /errors */
export function errorGroups({ errors, complete }) {
  return [h("h2", {}, complete ? "Errors" : "Newest errors"), errors.length ? dataTable(ERROR, errors, "Errors") : h("p", {}, "None in this window.")];
}

/** @param {any} found an answer of /prices/missing */
export function unpriced({ models, since }) {
  return models.length ? [h("h2", {}, "Models without a price"),
    h("p", {}, "Their calls count as free. Put their prices into a file such as docs/prices.example.csv, load it, and compute what is stored again:"),
    snippet(`python -m service prices load prices.csv\npython -m service prices reprice --since ${since}`, "the commands"),
    h("ul", {}, models.map((/** @type {any} */ one) => h("li", {}, h("b", {}, line(one.model)), `: ${many(one.calls, "call")}, ${brief(one.tokens_in + one.tokens_out)} tokens`)))] : [];
}
