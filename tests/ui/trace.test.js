import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../../service/ui/trace/model.js";
import * as scale from "../../service/ui/trace/scale.js";

const COLUMNS = ["event_id", "depth", "children_count", "cycle", "name", "started_at", "duration_ms", "is_error", "on_critical_path", "subtree_cost"];

/** A trace of rows [id, depth, start in s, duration in s, is an error, is critical]. */
function traceOf(...rows) {
  return model.read({
    columns: COLUMNS,
    rows: rows.map(([id, depth, start, seconds, error = false, critical = false], index) => [
      id, depth, (rows[index + 1]?.[1] ?? 0) > depth ? 1 : 0, false, id, new Date(start * 1000).toISOString(), seconds * 1000, error, critical, seconds,
    ]),
  });
}

const TREE = traceOf(["root", 0, 10, 10], ["plan", 1, 11, 3], ["ask", 2, 11, 2, true, true], ["act", 1, 14, 4], ["tool", 2, 15, 1], ["end", 0, 20, 0]);
const view = (changes = {}) => ({ closed: new Set(), only: "", minMs: 0, minCost: 0, ...changes });
const shown = (changes) => [...model.visibleRows(TREE, view(changes))].map((row) => model.nameOf(TREE, row));

test("parents and subtrees follow from the depths", () => {
  assert.deepEqual([...TREE.parent], [-1, 0, 1, 0, 3, -1]);
  assert.deepEqual([...TREE.last], [4, 2, 2, 4, 4, 5]);
  assert.deepEqual([TREE.length, TREE.start[2], TREE.end[2]], [10_000, 1000, 3000]);
});

test("closed rows hide what is below; filters keep what leads to what passes", () => {
  assert.deepEqual(shown({ closed: new Set([1]) }), ["root", "plan", "act", "tool", "end"]);
  assert.deepEqual(shown({ closed: new Set([0, 1]) }), ["root", "end"]);
  assert.deepEqual(shown({ only: "errors" }), ["root", "plan", "ask"]);
  assert.deepEqual(shown({ minMs: 4000 }), ["root", "act"]);
  assert.deepEqual(shown({ minCost: 3, only: "critical" }), []);
});

test("the costliest rows come first, by their own cost", () => {
  const costs = [null, "0.25", 0, 12.5, "1e-7"];
  const trace = model.read({ columns: [...COLUMNS, "cost"], rows: costs.map((cost, index) => [String(index), 0, 0, false, "x", "2026-11-22T12:00:00Z", 1, false, false, 0, cost]) });
  assert.deepEqual(model.largest(trace, "cost"), [3, 1, 4]);
  assert.deepEqual(model.largest(TREE, "cost"), []);
});

test("texts are found in any case, and one steps through them round the ends", () => {
  const found = model.matches(TREE, " A");
  assert.deepEqual(found, [1, 2, 3]);
  assert.deepEqual([model.next(found, -1, 1), model.next(found, 3, 1), model.next(found, 1, -1), model.next([], 1, 1)], [1, 1, 3, -1]);
  assert.deepEqual(model.matches(TREE, ""), []);
});

test("own time is what no child covers", () => {
  assert.deepEqual(model.ownPieces(TREE, 0), [[0, 1000], [8000, 10_000]]);
  assert.deepEqual(model.ownPieces(TREE, 3), [[4000, 5000], [6000, 8000]]);
  const many = traceOf(["root", 0, 0, 4000], ...Array.from({ length: 2000 }, (_, at) => [`c${at}`, 1, 2 * at, 1]));
  assert.equal(model.ownPieces(many, 0), null);
});

test("a hidden row can be uncovered", () => {
  const closed = new Set([0, 1, 3]);
  model.uncover(TREE, closed, 2);
  assert.deepEqual([...closed], [3]);
});

test("100,000 rows, also 100,000 deep, are read and filtered", () => {
  const rows = Array.from({ length: 100_000 }, (_, at) => [`e${at}`, at, at, 1]);
  const deep = traceOf(...rows);
  assert.equal(deep.last[0], 99_999);
  assert.equal(model.visibleRows(deep, view()).length, 100_000);
  assert.equal(model.visibleRows(deep, view({ minMs: 1 })).length, 100_000);
});

test("a range is kept in the run, and written into the address as it is read", () => {
  assert.deepEqual(scale.readRange("200-300", 1000), [200, 300]);
  assert.deepEqual(scale.readRange("300-200", 1000), [200, 300]);
  for (const text of [null, "", "a-b", "-1-5"]) assert.deepEqual(scale.readRange(text, 1000), [0, 1000]);
  assert.deepEqual(scale.readRange("900-5000", 1000), [900, 1000]);
  assert.equal(scale.rangeText([0, 1000], 1000), "");
  assert.deepEqual(scale.readRange(scale.rangeText([12.25, 12.5], 1000), 1000), [12.25, 12.5]);
  const [from, to] = scale.zoom([0, 1000], 250, 0.5, 1000);
  assert.deepEqual([from, to], [125, 625]);
  assert.deepEqual(scale.pan([800, 1000], 0.5, 1000), [800, 1000]);
});

test("the marks of a ruler are round", () => {
  assert.deepEqual(scale.ticks([0, 1000], 5), [0, 200, 400, 600, 800, 1000]);
  assert.deepEqual(scale.ticks([130, 190], 3), [140, 160, 180]);
  assert.deepEqual(scale.ticks([0, 281_000], 5), [0, 60_000, 120_000, 180_000, 240_000]);
});
