// All of one event: its figures, its error, its messages, its data.

import { download, fill, h } from "../lib/dom.js";
import { count, duration, exact, line, many, money } from "../lib/format.js";
import { link } from "../lib/router.js";
import { copyButton, longText } from "../parts/copy.js";
import { icon, kindOf } from "../parts/icons.js";
import { contentOf } from "./conversation.js";
import { attributeTable, jsonTree } from "./json.js";
import { scoreTexts } from "./head.js";
import { ERROR, nameOf, value } from "./model.js";

const INPUTS = ["input", "messages", "prompt", "arguments"];
const OUTPUTS = ["output", "response", "completion", "result"];
const MOST_CHILDREN = 12;

/**
 * @param {any} run @param {import("./model.js").Trace} trace @param {number} row @param {any} event as GET …/events/{id} has it
 * @param {(row: number) => void} choose
 */
export function detailOf(run, trace, row, event, choose) {
  const data = typeof event.data === "object" && event.data !== null ? event.data : {};
  const { attributes } = data;
  return [
    figures(trace, row, event, data),
    scores(run, event.event_id),
    errorOf(event, data),
    data.system_instructions && contentOf("Instructions", data.system_instructions),
    contentOf("Input", first(data, INPUTS)),
    contentOf("Output", first(data, OUTPUTS)),
    relations(trace, row, event, choose),
    attributes && typeof attributes === "object" && !Array.isArray(attributes) && Object.keys(attributes).length > 0 &&
      h("section", { class: "content" }, h("h3", {}, "Attributes"), attributeTable(attributes)),
    h("section", { class: "content" }, h("h3", {}, "Data"), jsonTree(event.data)),
  ];
}

/** The name of an event with what can be done with it. @param {import("./model.js").Trace} trace @param {number} row @param {() => void} close @param {() => any} event */
export function detailHead(trace, row, close, event) {
  const isError = (trace.flags[row] & ERROR) !== 0;
  const id = String(value(trace, row, "event_id"));
  const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ work) =>
    h("button", { class: "copy", title: label, "aria-label": label, onclick: work }, icon(name));
  const text = () => JSON.stringify(event(), null, 2);
  return h(
    "header",
    { class: "detail-head" },
    icon(kindOf(String(value(trace, row, "event_type")))),
    isError && icon("error", "error"),
    h("h2", {}, line(nameOf(trace, row), 200)),
    copyButton(() => location.href, "Copy a link to this event"),
    button("save", "Download as JSON", () => event() && download(`event-${id}.json`, text())),
    button("close", "Close (Escape)", close),
  );
}

/** @param {Record<string, any>} data @param {string[]} names */
function first(data, names) {
  return data[names.find((name) => data[name] != null) ?? ""];
}

/** @param {import("./model.js").Trace} trace @param {number} row @param {any} event @param {any} data */
function figures(trace, row, event, data) {
  const get = (/** @type {string} */ name) => value(trace, row, name);
  const cached = event.cached_tokens ?? data.cached_tokens;
  const reasoning = event.reasoning_tokens ?? data.reasoning_tokens;
  const below = (trace.last[row] ?? row) - row;
  /** @type {[string, import("../lib/dom.js").Child][]} */
  const pairs = [
    ["Type", line(event.event_type, 80)],
    ["Model", event.model && line(event.model, 120)],
    ["Status", get("status") && line(String(get("status")), 120)],
    ["Started", `${exact(String(get("started_at")))}  (+${duration(trace.start[row])})`],
    ["Duration", duration(trace.end[row] - trace.start[row])],
    ["Self time", below > 0 ? duration(get("self_time_ms")) : null],
    ["Cost", event.cost == null ? unknownCost(event) : h("span", {}, money(event.cost), event.cost_source && h("span", { class: "quiet" }, ` ${sourceText(event)}`))],
    ["Tokens", event.tokens_in == null && event.tokens_out == null ? null
      : `${count(event.tokens_in)} in${cached ? ` (${count(cached)} cached)` : ""}, ${count(event.tokens_out)} out${reasoning ? ` (${count(reasoning)} reasoning)` : ""}`],
    ["With all below", below > 0 ? `${many(below, "event")}, ${money(get("subtree_cost"))}, ${count(get("subtree_tokens_in"))} / ${count(get("subtree_tokens_out"))} tokens` : null],
    ["Counted", data.counted === false ? "no: another event reports the same call, and its cost and tokens count once" : null],
    ["Agent", line(event.agent_name, 120)],
    ["Event id", h("span", { class: "with-copy" }, h("code", {}, event.event_id), copyButton(() => event.event_id, "Copy the id"))],
  ];
  return h("dl", { class: "figures" }, pairs.filter(([, shown]) => shown).flatMap(([name, shown]) => [h("dt", {}, name), h("dd", {}, shown)]));
}

/** Why a call of a model has no cost. @param {any} event */
function unknownCost(event) {
  return event.model && event.tokens_in != null && "unknown: the client sent none, and no price of this model was known";
}

/** Where the cost of an event comes from. @param {any} event */
function sourceText(event) {
  if (event.cost_source !== "computed") return "as the client said";
  const price = event.priced_as;
  if (!price) return "computed from its price";
  const above = price.above_tokens ? `, above ${count(price.above_tokens)} tokens` : "";
  return `computed from the price of ${line(price.model, 80)}${price.provider ? ` (${line(price.provider, 40)})` : ""} of ${price.valid_from}${above}`;
}

/** @param {any} run @param {string} eventId */
function scores(run, eventId) {
  const found = scoreTexts(run, eventId);
  return found.length > 0 && h("section", { class: "content" }, h("h3", {}, "Scores"),
    h("dl", { class: "figures" }, found.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
}

/** What went wrong, wherever the client says it. @param {any} event @param {any} data */
function errorOf(event, data) {
  if (!event.is_error) return null;
  const raised = data.otel?.events?.find?.((/** @type {any} */ one) => one?.name === "exception")?.attributes;
  const said = event.error ?? data.error ?? data.error_message ?? data.exception ?? data.otel?.status_message ?? raised?.["exception.message"] ?? data.output?.error;
  const stack = data.traceback ?? data.stack_trace ?? data.stack ?? said?.traceback ?? said?.stack ?? raised?.["exception.stacktrace"];
  const text = typeof said === "string" ? said : said?.message ?? said?.text;
  return h(
    "section",
    { class: "content error-box" },
    h("h3", {}, icon("error"), raised?.["exception.type"] ?? said?.type ? line(String(raised?.["exception.type"] ?? said?.type), 100) : "Error"),
    typeof text === "string" ? longText(text) : said ? jsonTree(said, true) : h("p", {}, "The client said no more than that it failed."),
    typeof stack === "string" && longText(stack, "stack"),
  );
}

/** @param {import("./model.js").Trace} trace @param {number} row @param {any} event @param {(row: number) => void} choose */
function relations(trace, row, event, choose) {
  const to = (/** @type {number} */ other) => {
    const id = String(value(trace, other, "event_id"));
    const anchor = h("a", { href: link(["runs", event.run_id], { event: id }) }, icon(kindOf(String(value(trace, other, "event_type")))), line(nameOf(trace, other), 80));
    anchor.addEventListener("click", (click) => {
      if (click.metaKey || click.ctrlKey) return;
      click.preventDefault();
      choose(other);
    });
    return anchor;
  };
  const children = [];
  let more = 0;
  for (let child = row + 1; child <= trace.last[row]; child = trace.last[child] + 1) {
    if (children.length < MOST_CHILDREN) children.push(to(child));
    else more++;
  }
  const parent = trace.parent[row] ?? -1;
  const previous = event.previous_event_id ? trace.rowOf.get(event.previous_event_id) : undefined;
  const counted = trace.rowOf.get(value(trace, row, "repeats"));
  /** @type {[string, import("../lib/dom.js").Child[]][]} */
  const groups = [["Parent", parent >= 0 ? [to(parent)] : []], ["After", previous === undefined ? [] : [to(previous)]],
    ["Counted as", counted === undefined ? [] : [to(counted)]],
    ["Children", more ? [...children, h("span", { class: "quiet" }, `and ${count(more)} more`)] : children]];
  const shown = groups.filter(([, links]) => links.length);
  if (!shown.length) return null;
  const list = h("dl", { class: "relations" });
  fill(list, shown.flatMap(([name, links]) => [h("dt", {}, name), h("dd", {}, links)]));
  return h("section", { class: "content" }, h("h3", {}, "Beside it"), list);
}
