import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, folded, idle, unfolded } from "../../service/ui/trace/gaps.js";
import * as model from "../../service/ui/trace/model.js";

const COLUMNS = ["event_id", "depth", "children_count", "cycle", "started_at", "duration_ms", "on_critical_path"];

/** A trace of rows [depth, children, start in s, duration in s]. */
function traceOf(...rows) {
  return model.read({
    columns: COLUMNS,
    rows: rows.map(([depth, children, start, seconds], index) => [`e${index}`, depth, children, false, new Date(start * 1000).toISOString(), seconds * 1000, false]),
  });
}

// Work for 10 s, nobody for 480 s, work for 10 s; the root spans all of it.
const TRACE = traceOf([0, 2, 0, 500], [1, 0, 0, 10], [1, 0, 490, 10]);

test("idle is where no event runs that has none below it", () => {
  assert.deepEqual(idle(TRACE), [[10_000, 490_000]]);
  assert.deepEqual(idle(traceOf([0, 0, 0, 500])), []);
  assert.deepEqual(idle(traceOf([0, 2, 0, 100], [1, 0, 0, 50], [1, 0, 51, 49])), []); // too short
  assert.deepEqual(idle(traceOf([0, 0, 5, 0])), []); // no length at all
  assert.deepEqual(idle(traceOf()), []);
});

test("a moment splits idle time, and so does the beginning of an event that has others below it", () => {
  assert.equal(idle(traceOf([0, 3, 0, 500], [1, 0, 0, 10], [1, 0, 250, 0], [1, 0, 490, 10])).length, 2);
  assert.equal(idle(traceOf([0, 2, 0, 500], [1, 0, 0, 10], [1, 1, 250, 250], [2, 0, 490, 10])).length, 2);
});

test("folded, the rest has the width; durations stay in the trace itself", () => {
  const { trace, gaps } = fold(TRACE);
  assert.deepEqual([trace.length, trace.end[0]], [21_000, 21_000]);
  assert.equal(trace.start[1], 0);
  assert.equal(trace.end[2] - trace.start[2], 10_000);
  assert.equal(TRACE.length, 500_000);
  for (const moment of [0, 5000, 10_000, 200_000, 495_000, 500_000]) {
    assert.ok(Math.abs(unfolded(gaps, folded(gaps, moment)) - moment) < 1e-3, moment);
  }
  assert.deepEqual(fold(traceOf([0, 0, 0, 500])).gaps, []);
});
