// The head of a run: what it was, how it went, what it cost by model.

import { h } from "../lib/dom.js";
import { ago, count, duration, exact, line, many, money } from "../lib/format.js";
import { link } from "../lib/router.js";
import { copyButton } from "../parts/copy.js";
import { statusMark } from "../parts/icons.js";
import { errorText, silence } from "../runs/row.js";
import { runActions } from "./actions.js";
import { jsonTree } from "./json.js";
import { value } from "./model.js";

const MOST_MODELS = 4;
const MOST_SCORES = 4;

/** @param {string} label @param {import("../lib/dom.js").Child | import("../lib/dom.js").Child[]} shown @param {string} title */
export function figure(label, shown, title = "") {
  return h("div", { class: "head-figure", title }, h("span", { class: "quiet" }, label), h("span", { class: "figure" }, shown));
}

/** @param {any} run @param {import("./model.js").Trace | null} trace */
export function runHead(run, trace) {
  const cached = run.cached_tokens ? ` (${count(run.cached_tokens)} cached)` : "";
  const error = errorText(run);
  return h(
    "header",
    { class: "run-top" },
    h("div", { class: "run-title" },
      h("span", { class: `state is-${run.status}` }, statusMark(run.status), run.status),
      h("h1", { tabindex: "-1" }, line(run.run_name)),
      h("a", { href: link(["agents", run.agent_name]) }, line(run.agent_name, 100)),
      silence(run) && h("span", { class: "hint" }, silence(run)),
      h("span", { class: "run-actions" }, h("a", { href: link(["compare"], { a: run.run_id }) }, "Compare"), copyButton(() => run.run_id, "Copy the run's id"), runActions(run))),
    h("div", { class: "run-figures" },
      figure("Started", h("time", { datetime: run.started_at }, ago(run.started_at)), exact(run.started_at)),
      figure("Duration", duration(run.total_duration_ms)),
      figure("Cost", money(run.total_cost), trace ? costText(trace) : ""),
      figure("Tokens in / out", `${count(run.tokens_in)}${cached} / ${count(run.tokens_out)}`),
      figure("Events", count(run.event_count)),
      figure("Errors", h("span", { class: run.error_count > 0 && "error-text" }, count(run.error_count))),
      ...named(run).map(([name, shown]) => figure(name, shown)),
      trace && models(trace)),
    error && h("p", { class: "error-text run-error" }, line(error, 400)),
    more(run),
  );
}

/** What a run belongs to, each with a link to all runs of the same. @param {any} run @returns {[string, import("../lib/dom.js").Child | import("../lib/dom.js").Child[]][]} */
function named(run) {
  const found = /** @type {[string, import("../lib/dom.js").Child | import("../lib/dom.js").Child[]][]} */ ([]);
  const to = (/** @type {string} */ name, /** @type {string} */ value) =>
    h("a", { href: name === "session_id" ? link(["sessions", value]) : link(["runs"], { [name]: value }) }, line(value, 60));
  for (const [name, label] of /** @type {[string, string][]} */ ([["environment", "Environment"], ["version", "Version"], ["session_id", "Session"], ["user_id", "User"]])) {
    if (run[name]) found.push([label, to(name, String(run[name]))]);
  }
  if (run.tags?.length) found.push(["Tags", run.tags.flatMap((/** @type {string} */ tag) => [to("tag", tag), " "])]);
  found.push(...scoreTexts(run, null).slice(0, MOST_SCORES));
  return found;
}

/** The scores of an event, or those of the run itself, as name and value. @param {any} run @param {string | null} eventId @returns {[string, string][]} */
export function scoreTexts(run, eventId) {
  const own = (run.scores ?? []).filter((/** @type {any} */ score) => (score.event_id ?? null) === eventId);
  return own.map((/** @type {any} */ score) => [line(String(score.name), 60), line(String(score.value), 60) + (score.comment ? ` (${line(score.comment, 200)})` : "")]);
}

/** @param {any} run */
function more(run) {
  const isEmpty = !run.metadata || !Object.keys(run.metadata).length;
  return !isEmpty && h("details", { class: "run-metadata" }, h("summary", {}, "Metadata"), jsonTree(run.metadata, true));
}

/** The cost by model, the largest first. @param {import("./model.js").Trace} trace */
export function costsByModel(trace) {
  /** @type {Map<string, {cost: number, calls: number}>} */
  const found = new Map();
  for (let row = 0; row < trace.size; row++) {
    const model = value(trace, row, "model");
    if (!model || value(trace, row, "repeats")) continue;
    const one = found.get(model) ?? { cost: 0, calls: 0 };
    one.cost += Number(value(trace, row, "cost") ?? 0);
    one.calls++;
    found.set(model, one);
  }
  return [...found].sort(([, one], [, other]) => other.cost - one.cost);
}

/** @param {import("./model.js").Trace} trace */
function costText(trace) {
  return costsByModel(trace).map(([model, one]) => `${line(model, 60)}: ${money(one.cost)} in ${many(one.calls, "call")}`).join("\n");
}

/** @param {import("./model.js").Trace} trace */
function models(trace) {
  const all = costsByModel(trace).filter(([, one]) => one.cost > 0);
  return h("div", { class: "head-models" }, all.slice(0, MOST_MODELS).map(([model, one]) =>
    h("span", { class: "tag", title: many(one.calls, "call") }, `${line(model, 40)} ${money(one.cost)}`)), all.length > MOST_MODELS && h("span", { class: "quiet" }, `+${all.length - MOST_MODELS}`));
}
