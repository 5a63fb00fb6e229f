import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "../../service/ui/lib/api.js";
import { match } from "../../service/ui/lib/router.js";
import { asked } from "../../service/ui/runs/filters.js";
import { routes } from "../../service/ui/routes.js";

test("addresses lead to their views, with what is written in them", () => {
  const found = (path) => match(routes, path);
  assert.equal(found("runs")?.name, "runs");
  assert.equal(found("runs/")?.name, "runs");
  assert.deepEqual(found("agents/a%2Fb%20c")?.params, { agent: "a/b c" });
  assert.deepEqual([found("runs/x")?.name, found("runs/x/y"), found("nowhere"), found("agents/%ff")], ["run", null, null, null]);
});

test("messages of the live tail are events, and where to go on", () => {
  const parts = ["retry: 1000\nid: 5", ": alive\nid: 6", 'id: 7/a/b\ndata: {"event_id":"a"}', 'event: reset\ndata: {"reason":"unknown_position"}\nid: 9'];
  assert.deepEqual(read(parts), { id: "9", events: [{ event_id: "a" }] });
});

test("a sort by a total is asked for a window", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  assert.deepEqual(asked(new URLSearchParams("status=failed&tz=UTC"), now), { status: "failed" });
  assert.equal(asked(new URLSearchParams("sort=cost"), now).from, "2026-11-15T12:00:00.000Z");
  assert.equal(asked(new URLSearchParams("sort=cost&window=24h"), now).from, "2026-11-21T12:00:00.000Z");
  assert.equal(asked(new URLSearchParams("sort=cost&from=2026-11-01"), now).from, "2026-11-01");
});
