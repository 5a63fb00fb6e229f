import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../service/ui/lib/format.js";

test("durations have three digits at most and the unit that fits", () => {
  const cases = [[null, "–"], [0, "0 ms"], [0.0042, "4.2 µs"], [0.42, "420 µs"], [4.25, "4.3 ms"], [399.4, "399 ms"], [1234, "1.23 s"], [14_500, "14.5 s"], [59_999, "60 s"], [61_000, "1 min 1 s"], [3_600_000, "1 h"], [90_000_000, "1 d 1 h"]];
  for (const [ms, text] of cases) assert.equal(format.duration(ms), text);
});

test("money keeps what is less than a cent", () => {
  const cases = [[null, "–"], [0, "$0"], [0.0000123, "$0.000012"], [0.0123, "$0.012"], [0.25, "$0.25"], [12.5, "$12.50"], [123_456.7, "$123,457"], [246_913_578.24, "$246.9M"], [1e-12, "<$0.000001"]];
  for (const [value, text] of cases) assert.equal(format.money(value), text);
});

test("figures have three digits, whatever their size", () => {
  const cases = [[null, "–"], [0, "0"], [734, "734"], [0.87345, "0.873"], [0.00041, "0.00041"], [12_345, "12.3K"], [1e308, "1.00e+308"], [-2e20, "-2.00e+20"]];
  for (const [value, text] of cases) assert.equal(format.brief(value), text);
});

test("times are in the chosen zone, with all their digits", () => {
  format.useZone("Asia/Kolkata");
  assert.match(format.exact("2026-11-22T23:58:52.771341+00:00"), /^2026-11-23 05:28:52\.771341 /);
  assert.equal(format.zoneName(), "Asia/Kolkata");
  format.useZone("UTC");
  assert.match(format.exact("2026-11-22T23:58:52+00:00"), /^2026-11-22 23:58:52 UTC$/);
});

test("microseconds are kept", () => {
  const one = format.precise("2026-11-22T23:58:52.771341+00:00");
  assert.ok(Math.abs(format.precise("2026-11-22T23:58:52.771342+00:00") - one - 0.001) < 0.0005);
  assert.equal(format.precise("2026-11-22T23:58:52+00:00") % 1000, 0);
});

test("how long ago", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const ago = (seconds) => format.ago(now - seconds * 1000, now);
  assert.deepEqual([ago(3), ago(42), ago(125), ago(7300), ago(200_000)], ["just now", "42 s ago", "2 min ago", "2 h ago", "2 d ago"]);
  assert.deepEqual([ago(-3), ago(-125), ago(-7300), ago(-200_000)], ["just now", "in 2 min", "in 2 h", "in 2 d"]);
  assert.equal(format.ago("2100-01-01T12:00:00Z", now), "Jan 1, 2100");
});

test("what is invisible, turns round or moves the cursor can be seen", () => {
  assert.equal(format.visible("a\u202eb\u001b[31m\u200b\tc\n"), "a⟨202e⟩b⟨1b⟩[31m⟨200b⟩\tc\n");
  assert.equal(format.line("a\n b\tc"), "a b c");
  assert.equal(format.line("x".repeat(400), 10), `${"x".repeat(10)}…`);
  assert.equal(format.line(null), "");
  assert.equal(format.line("ab🔥🔥", 3), "ab…"); // no half of a letter
  assert.equal(format.line(`e${"\u0301".repeat(30)}x`), `e${"\u0301".repeat(4)}x`);
});

test("one thing is not many", () => {
  assert.deepEqual([0, 1, 1200].map((value) => format.many(value, "run")), ["0 runs", "1 run", "1,200 runs"]);
});
