import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "../../service/ui/lib/csv.js";
import * as series from "../../service/ui/metrics/series.js";

const answer = (groups, points = 2) => ({
  group_by: "model",
  series: groups.map((group, index) => ({ group, points: Array.from({ length: points }, () => ({ value: index + 1 })) })),
});

test("the largest are shown by themselves, all others as one", () => {
  const found = series.seriesOf(answer([null, ..."abcdefghijk"]), true);
  assert.deepEqual(found.map((one) => one.name), ["(none)", ..."abcdefgh", "all others (3)"]);
  assert.deepEqual(found.at(-1).values, [33, 33]);
  assert.equal(series.seriesOf(answer([..."abcdefghijk"]), false).length, series.MOST);
  assert.deepEqual(series.seriesOf({ group_by: null, series: [{ group: null, points: [{ value: 1 }] }] }, true), [{ name: "all", values: [1] }]);
  assert.deepEqual(series.seriesOf(answer([]), true), []);
  assert.deepEqual(series.seriesOf({ group_by: null, series: [{ group: null, points: [{ value: 0 }] }] }, true), []);
});

test("a percentile has a highest value, no sum", () => {
  assert.equal(series.overall([1, 4, 2], true), 7);
  assert.equal(series.overall([1, 4, 2], false), 4);
});

test("an axis ends at a round number", () => {
  assert.deepEqual([0, 0.03, 1, 7, 13, 100, 2400].map(series.roundUp), [1, 0.03, 1, 8, 16, 100, 2400]);
});

test("CSV quotes what it must, and no text is a formula", () => {
  assert.equal(csv([["a,b", 'say "x"', "two\nlines"], ["=1+1", "'=1", -1, null]]), '"a,b","say ""x""","two\nlines"\r\n\'=1+1,\'\'=1,-1,\r\n');
});
