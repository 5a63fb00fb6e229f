import assert from "node:assert/strict";
import { test } from "node:test";
import { change, reason } from "../../service/ui/overview/changes.js";
import { asked, daysOf, later } from "../../service/ui/overview/window.js";
import { useZone } from "../../service/ui/lib/format.js";

const NOON = Date.parse("2026-11-29T12:00:00Z");
const days = (query, now = NOON) => Object.values(daysOf(new URLSearchParams(query), now));

test("a window is in days of the chosen zone", () => {
  assert.deepEqual(days(""), ["2026-11-23", "2026-11-30"]);
  assert.deepEqual(days("window=today"), ["2026-11-29", "2026-11-30"]);
  assert.deepEqual(days("window=yesterday"), ["2026-11-28", "2026-11-29"]);
  assert.deepEqual(days("window=30d"), ["2026-10-31", "2026-11-30"]);
  assert.deepEqual(days("window=nonsense"), days(""));
  useZone("Asia/Tokyo");
  assert.deepEqual(days("window=today", Date.parse("2026-11-29T15:30:00Z")), ["2026-11-30", "2026-12-01"]);
  useZone(undefined);
  assert.deepEqual(days("from=2026-11-01&to=2026-11-08&window=today"), ["2026-11-01", "2026-11-08"]);
  assert.deepEqual(days("from=2026-11-01"), ["2026-11-01", "2026-11-30"]);
  assert.deepEqual(days("to=2026-11-08"), ["2026-11-07", "2026-11-08"]);
  assert.deepEqual(days("from=x"), days(""));
  assert.equal(later("2026-03-01", -1), "2026-02-28");
});

test("few days are asked for by the hour, and every filter goes along", () => {
  const found = asked(new URLSearchParams("from=2026-11-01&to=2026-11-03&agent=A&tool=t"));
  assert.deepEqual([found.interval, found.agent, found.tool, found.model], ["hour", "A", "t", null]);
  assert.equal(asked(new URLSearchParams("window=7d")).interval, "day");
});

test("a change says how much", () => {
  assert.equal(change(134, 100), "+34%");
  assert.equal(change(50, 100), "−50%");
  assert.equal(change(2000, 100), "×20");
  assert.equal(change(5, 0), "new");
  assert.deepEqual([change(0, 0), change(5, 5), change(5, undefined)], ["", "", ""]);
});

test("a costlier window is told from more calls and longer prompts", () => {
  const before = { calls: 10, tokens_in: 1000, tokens_out: 100, cost: 1 };
  const why = (now, name) => reason({ ...before, ...now }, before, name);
  assert.equal(why({ calls: 20, tokens_in: 2000, tokens_out: 200, cost: 2 }), "more calls");
  assert.equal(why({ tokens_in: 3000, cost: 2.8 }), "longer prompts");
  assert.equal(why({ tokens_out: 900, cost: 1.8 }), "longer answers");
  assert.equal(why({ cost: 2 }), "costlier model");
  assert.equal(why({ cost: 2 }, "costlier tokens"), "costlier tokens");
  assert.equal(why({ cost: 0.5 }), "");
  assert.equal(reason(before, null), "");
  assert.equal(reason(before, { ...before, calls: 0, cost: 0 }), "new");
  assert.equal(reason(before, { ...before, cost: 0 }), "no cost before");
  const still = { calls: 2, tokens_in: 0, tokens_out: 0, cost: 1 };
  assert.equal(reason({ ...still, cost: 3 }, still), "costlier model");
});
