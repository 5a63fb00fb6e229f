// One event as a line of the waterfall: its place in the tree, its figures, its bar.

import { h } from "../lib/dom.js";
import { brief, duration, line, money } from "../lib/format.js";
import { icon, kindOf } from "../parts/icons.js";
import { CRITICAL, ERROR, nameOf, ownPieces, PARENT, value } from "./model.js";

const DEEPEST = 20; // levels that are indented; below, the depth is a number

/**
 * @typedef {object} Look how a row is to be drawn
 * @property {import("./model.js").Trace} drawn with the times at which it is drawn
 * @property {[number, number]} range
 * @property {boolean} isClosed
 * @property {boolean} isSelected
 * @property {boolean} isFound
 * @property {boolean} isFaint it is shown only for what is below it
 */

/** @param {import("./model.js").Trace} trace @param {number} row @param {Look} look */
export function traceRow(trace, row, look) {
  const flags = trace.flags[row];
  const kind = kindOf(String(value(trace, row, "event_type")));
  const marks = [flags & ERROR && "is-error", flags & CRITICAL && "is-critical", look.isSelected && "is-selected", look.isFound && "is-found", look.isFaint && "is-faint"];
  return h(
    "div",
    {
      class: `trace-row kind-${kind} ${marks.filter(Boolean).join(" ")}`, role: "row", id: `row-${row}`, "data-row": row,
      "aria-level": trace.depth[row] + 1, "aria-selected": String(look.isSelected),
      "aria-expanded": flags & PARENT ? String(!look.isClosed) : null,
    },
    nameCell(trace, row, kind, look),
    h("span", { class: "trace-figure", role: "gridcell" }, value(trace, row, "duration_ms") != null && duration(trace.end[row] - trace.start[row])),
    h("span", { class: "trace-figure trace-cost", role: "gridcell", title: costTitle(trace, row) }, costOf(trace, row)),
    h("span", { class: "trace-figure trace-tokens", role: "gridcell", title: "with all below it" }, tokensOf(trace, row)),
    h("span", { class: "lane", role: "gridcell" }, bar(look.drawn, row, look.range)),
  );
}

/** @param {import("./model.js").Trace} trace @param {number} row @param {string} kind @param {Look} look */
function nameCell(trace, row, kind, look) {
  const type = String(value(trace, row, "event_type"));
  const isError = (trace.flags[row] & ERROR) !== 0;
  const model = value(trace, row, "model");
  const depth = /** @type {number} */ (trace.depth[row]);
  const repeats = value(trace, row, "repeats");
  return h(
    "span",
    { class: "trace-name", role: "gridcell", "--depth": Math.min(depth, DEEPEST) },
    depth > DEEPEST && h("span", { class: "tag" }, depth),
    trace.flags[row] & PARENT ? h("span", { class: `twist${look.isClosed ? "" : " is-open"}` }, icon("open")) : h("span", { class: "twist" }),
    icon(kind, line(type, 60)),
    isError && icon("error", "error"),
    h("span", { class: "name" }, line(nameOf(trace, row), 200)),
    model && model !== nameOf(trace, row) && h("span", { class: "more" }, line(String(model), 60)),
    look.isClosed && h("span", { class: "tag" }, `+${brief(/** @type {number} */ (trace.last[row]) - row)}`),
    repeats && h("span", { class: "tag", title: "Another event reports the same call: its figures are not counted" }, "repeat"),
  );
}

/** @param {import("./model.js").Trace} trace @param {number} row */
function costOf(trace, row) {
  const all = value(trace, row, "subtree_cost");
  return all ? money(all) : "";
}

/** @param {import("./model.js").Trace} trace @param {number} row */
function costTitle(trace, row) {
  const own = value(trace, row, "cost");
  return own == null ? "all below it" : `its own: ${money(own)}, with all below it: ${money(value(trace, row, "subtree_cost"))}`;
}

/** @param {import("./model.js").Trace} trace @param {number} row */
function tokensOf(trace, row) {
  const [sent, got] = [value(trace, row, "subtree_tokens_in"), value(trace, row, "subtree_tokens_out")];
  return sent || got ? `${brief(sent)} / ${brief(got)}` : "";
}

/** The bar: light for its whole time, solid where it worked itself. @param {import("./model.js").Trace} trace @param {number} row @param {[number, number]} range */
export function bar(trace, row, [from, to]) {
  const [start, end] = [trace.start[row], trace.end[row]];
  if (end < from || start > to) return h("span", { class: `beyond ${end < from ? "is-before" : "is-after"}` });
  const wide = to - from;
  const [low, high] = [Math.max(start, from), Math.min(end, to)];
  const element = h("span", { class: "bar" });
  element.style.left = `min(${((low - from) / wide) * 100}%, 100% - 3px)`; // a moment at the end is seen
  element.style.width = `${((high - low) / wide) * 100}%`;
  if (trace.flags[row] & PARENT) element.style.backgroundImage = pieces(trace, row, low, high);
  else element.classList.add("is-solid");
  return element;
}

/** @param {import("./model.js").Trace} trace @param {number} row @param {number} low @param {number} high */
function pieces(trace, row, low, high) {
  const own = ownPieces(trace, row);
  if (own === null || high <= low) return "none";
  const at = (/** @type {number} */ moment) => `${(((Math.min(Math.max(moment, low), high) - low) / (high - low)) * 100).toFixed(2)}%`;
  const stops = own.flatMap(([from, to]) => [`transparent ${at(from)}`, `var(--kind) ${at(from)}`, `var(--kind) ${at(to)}`, `transparent ${at(to)}`]);
  return `linear-gradient(to right, ${["transparent 0%", ...stops, "transparent 100%"].join(", ")})`;
}
