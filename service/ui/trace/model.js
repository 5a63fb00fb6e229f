// The events of a run as columns of numbers: what 100,000 rows can be filtered and drawn from.

import { precise } from "../lib/format.js";

/**
 * @typedef {object} Trace
 * @property {number} size
 * @property {any[][]} rows as the API sent them
 * @property {Record<string, number>} at the column of each name
 * @property {number} origin when the run began, in milliseconds since 1970
 * @property {number} length milliseconds from the first beginning to the last end
 * @property {Int32Array} depth
 * @property {Int32Array} parent the row of the parent, -1 for a root
 * @property {Int32Array} last the last row of the subtree; itself without children
 * @property {Float64Array} start milliseconds since the origin
 * @property {Float64Array} end
 * @property {Uint8Array} flags
 * @property {Map<string, number>} rowOf
 * @property {boolean} isPart the first rows alone, without the figures of subtrees
 */

export const ERROR = 1;
export const CRITICAL = 2;
export const CYCLE = 4;
export const PARENT = 8;

/** Read the flat summary of a trace. @param {{columns: string[], rows: any[][], total_duration_ms?: number}} answer @returns {Trace} */
export function read(answer) {
  const { columns, rows } = answer;
  const at = Object.fromEntries(columns.map((name, index) => [name, index]));
  const column = (/** @type {string} */ name) => /** @type {number} */ (at[name]);
  const size = rows.length;
  const trace = {
    size, rows, at, origin: 0, length: 0,
    depth: new Int32Array(size), parent: new Int32Array(size), last: new Int32Array(size),
    start: new Float64Array(size), end: new Float64Array(size), flags: new Uint8Array(size),
    rowOf: /** @type {Map<string, number>} */ (new Map()), isPart: at.on_critical_path === undefined,
  };
  const { depth, start, end, flags } = trace;
  for (const [index, row] of rows.entries()) {
    trace.rowOf.set(row[column("event_id")], index);
    depth[index] = row[column("depth")];
    start[index] = precise(row[column("started_at")]);
    end[index] = start[index] + Number(row[column("duration_ms")]);
    flags[index] =
      (row[column("is_error")] ? ERROR : 0) | (row[column("on_critical_path")] ? CRITICAL : 0) |
      (row[column("cycle")] ? CYCLE : 0) | (row[column("children_count")] ? PARENT : 0);
  }
  if (size) setTimes(trace);
  if (trace.isPart) trace.length = Math.max(trace.length, answer.total_duration_ms ?? 0);
  setRelations(trace);
  return trace;
}

/** @param {Trace} trace */
function setTimes(trace) {
  const { start, end, size } = trace;
  let [from, to] = [Infinity, -Infinity];
  for (let index = 0; index < size; index++) {
    from = Math.min(from, start[index]);
    to = Math.max(to, end[index]);
  }
  for (let index = 0; index < size; index++) {
    start[index] -= from;
    end[index] -= from;
  }
  trace.origin = from;
  trace.length = to - from;
}

/** Parents and the ends of subtrees, from the depths alone. @param {Trace} trace */
function setRelations(trace) {
  const { depth, parent, last, size } = trace;
  /** @type {number[]} */
  const open = [];
  for (let index = 0; index < size; index++) {
    while (open.length > depth[index]) last[/** @type {number} */ (open.pop())] = index - 1;
    parent[index] = open.length ? /** @type {number} */ (open[open.length - 1]) : -1;
    open.push(index);
  }
  for (const index of open) last[index] = size - 1;
}

/** A value of a row by the name of its column; undefined for a column that the service does not send. @param {Trace} trace @param {number} row @param {string} name */
export function value(trace, row, name) {
  const column = trace.at[name];
  return column === undefined ? undefined : trace.rows[row]?.[column];
}

/** What a row is called. @param {Trace} trace @param {number} row @returns {string} */
export function nameOf(trace, row) {
  return value(trace, row, "name") || value(trace, row, "model") || value(trace, row, "event_type") || "";
}

/**
 * @typedef {object} View
 * @property {Set<number>} closed rows whose subtrees are hidden
 * @property {"" | "errors" | "critical"} only
 * @property {number} minMs only what lasts at least that long
 * @property {number} minCost only what costs at least that much, with its subtree
 */

/** Whether rows are left out other than by closing them. @param {View} view */
export function isFiltered(view) {
  return view.only !== "" || view.minMs > 0 || view.minCost > 0;
}

/** The rows that a filter is about. @param {Trace} trace @param {View} view @returns {(row: number) => boolean} */
export function filterOf(trace, view) {
  const cost = trace.at.subtree_cost;
  return (row) =>
    (view.only !== "errors" || (trace.flags[row] & ERROR) !== 0) &&
    (view.only !== "critical" || (trace.flags[row] & CRITICAL) !== 0) &&
    (!view.minMs || trace.end[row] - trace.start[row] >= view.minMs) &&
    (!view.minCost || cost === undefined || Number(trace.rows[row]?.[cost]) >= view.minCost);
}

/** The rows to show, from above: those that pass, with all above them; nothing below a closed one. @param {Trace} trace @param {View} view @returns {Int32Array} */
export function visibleRows(trace, view) {
  const { size, last } = trace;
  const kept = isFiltered(view) ? withAncestors(trace, filterOf(trace, view)) : null;
  const found = new Int32Array(size);
  let count = 0;
  for (let row = 0; row < size; row++) {
    if (!kept || kept[row]) {
      found[count++] = row;
      if (view.closed.has(row)) row = last[row];
    }
  }
  return found.subarray(0, count);
}

/** @param {Trace} trace @param {(row: number) => boolean} passes */
function withAncestors(trace, passes) {
  const kept = new Uint8Array(trace.size);
  for (let row = 0; row < trace.size; row++) {
    if (!passes(row)) continue;
    for (let at = row; at >= 0 && !kept[at]; at = trace.parent[at]) kept[at] = 1;
  }
  return kept;
}

/** The rows in whose name, type, model, status or id a text occurs. @param {Trace} trace @param {string} text */
export function matches(trace, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const columns = ["name", "event_type", "model", "status", "error", "event_id"].map((name) => trace.at[name]).filter((at) => at !== undefined);
  const found = [];
  for (const [index, row] of trace.rows.entries()) {
    if (columns.some((at) => row[at] && String(row[at]).toLowerCase().includes(wanted))) found.push(index);
  }
  return found;
}

/** All rows of a flag. @param {Trace} trace @param {number} flag */
export function flagged(trace, flag) {
  const found = [];
  for (let row = 0; row < trace.size; row++) if (trace.flags[row] & flag) found.push(row);
  return found;
}

/** The one after `row` in a sorted list, or before it; round at the ends. @param {number[]} list @param {number} row @param {number} step 1 or -1 */
export function next(list, row, step) {
  if (!list.length) return -1;
  if (step > 0) return list.find((one) => one > row) ?? /** @type {number} */ (list[0]);
  return list.findLast((one) => one < row) ?? /** @type {number} */ (list[list.length - 1]);
}

/** The rows with a figure of their own that is not 0, the largest first. @param {Trace} trace @param {"cost" | "self_time_ms"} name */
export function largest(trace, name) {
  const figures = Float64Array.from(trace.rows, (_, row) => Number(value(trace, row, name) ?? 0));
  return [...figures.keys()].filter((row) => figures[row]).sort((one, other) => figures[other] - figures[one]);
}

/** All rows with children at a depth or below: to close everything there. @param {Trace} trace @param {number} depth */
export function parentsFrom(trace, depth) {
  return flagged(trace, PARENT).filter((row) => trace.depth[row] >= depth);
}

/** Open whatever hides a row. @param {Trace} trace @param {Set<number>} closed @param {number} row */
export function uncover(trace, closed, row) {
  for (let at = trace.parent[row]; at >= 0; at = trace.parent[at]) closed.delete(at);
}

const MOST_PIECES = 60;

/** The pieces of a row's time in which no child ran, as [from, to] in milliseconds; null where there are too many. @param {Trace} trace @param {number} row @returns {[number, number][] | null} */
export function ownPieces(trace, row) {
  const { start, end, last } = trace;
  /** @type {[number, number][]} */
  const children = [];
  for (let child = row + 1; child <= last[row]; child = last[child] + 1) {
    if (end[child] > start[row] && start[child] < end[row]) children.push([start[child], end[child]]);
    if (children.length > 20 * MOST_PIECES) return null;
  }
  children.sort((one, other) => one[0] - other[0]);
  /** @type {[number, number][]} */
  const pieces = [];
  let at = start[row];
  for (const [from, to] of children) {
    if (from > at) pieces.push([at, from]);
    at = Math.max(at, to);
  }
  if (at < end[row]) pieces.push([at, end[row]]);
  return pieces.length > MOST_PIECES ? null : pieces;
}
