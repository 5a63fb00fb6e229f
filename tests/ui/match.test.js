import assert from "node:assert/strict";
import { test } from "node:test";
import * as compare from "../../service/ui/compare/match.js";
import { read, value } from "../../service/ui/trace/model.js";

const COLUMNS = [
  "event_id", "depth", "children_count", "cycle", "name", "event_type", "started_at", "duration_ms", "is_error",
  "on_critical_path", "self_time_ms", "cost", "tokens_in", "tokens_out", "model", "output_digest",
];

/** A trace of lines, two spaces for each level: "type name", then figures as name=value. */
function traceOf(text) {
  const rows = text.split("\n").filter((line) => line.trim()).map((line, index) => {
    const [type, ...words] = line.trim().split(" ");
    const given = Object.fromEntries(words.filter((word) => word.includes("=")).map((word) => word.split("=")));
    const row = {
      event_id: `e${index}`, depth: (line.length - line.trimStart().length) / 2, children_count: 0, cycle: false, event_type: type,
      name: words.filter((word) => !word.includes("=")).join(" ") || null, started_at: new Date(1000 * index).toISOString(),
      duration_ms: Number(given.ms ?? 0), is_error: "error" in given, on_critical_path: false, self_time_ms: Number(given.ms ?? 0),
      cost: given.cost ?? null, tokens_in: given.tokens ?? null, tokens_out: null, model: given.model ?? null, output_digest: given.out ?? null,
    };
    return COLUMNS.map((name) => row[name]);
  });
  return read({ columns: COLUMNS, rows });
}

/** What stands beside each other, as "a|b" by names or types. */
function beside(one, other) {
  const [a, b] = [traceOf(one), traceOf(other)];
  const label = (trace, row) => (row < 0 ? "" : `${value(trace, row, "name") ?? value(trace, row, "event_type")}${value(trace, row, "output_digest") ?? ""}`);
  return compare.match(a, b).map((pair) => `${" ".repeat(pair.depth)}${label(a, pair.rows[0])}|${label(b, pair.rows[1])}`);
}

test("equal trees go together, also runs without events", () => {
  const tree = "agent_start\n  step plan\n    llm_call ask\n  tool_call get\nagent_end";
  assert.deepEqual(beside(tree, tree), ["agent_start|agent_start", " plan|plan", "  ask|ask", " get|get", "agent_end|agent_end"]);
  assert.deepEqual(beside("", ""), []);
  assert.deepEqual(beside("", "step one\n  step two"), ["|one", " |two"]);
});

test("what one run alone has stands where it happened, with all below it", () => {
  assert.deepEqual(
    beside("agent_start\n  step a\n  step c", "agent_start\n  step a\n  step b\n    tool_call x\n  step c\n  step d"),
    ["agent_start|agent_start", " a|a", " |b", "  |x", " c|c", " |d"],
  );
  assert.deepEqual(beside("step a\n  step b", "step a"), ["a|a", " b|"]);
});

test("of steps of one name those go together that did the same", () => {
  const one = "agent_start\n  step\n    tool_call find\n  step\n    tool_call write\n  step\n    tool_call check";
  const other = "agent_start\n  step\n    tool_call write\n  step\n    tool_call check";
  assert.deepEqual(beside(one, other), ["agent_start|agent_start", " step|", "  find|", " step|step", "  write|write", " step|step", "  check|check"]);
  assert.deepEqual(
    beside("agent_start\n  tool_call f out=1\n  tool_call f out=2", "agent_start\n  tool_call f out=0\n  tool_call f out=1\n  tool_call f out=2"),
    ["agent_start|agent_start", " |f0", " f1|f1", " f2|f2"],
  );
  assert.deepEqual(beside("tool_call f out=1\ntool_call f out=2", "tool_call f out=3\ntool_call f out=4"), ["f1|f3", "f2|f4"]);
});

test("a call of a model keeps its place under another name, a call of a tool does not", () => {
  assert.deepEqual(beside("invoke one\n  chat gpt-4o", "invoke two\n  chat gpt-4o-mini"), ["one|two", " gpt-4o|gpt-4o-mini"]);
  assert.deepEqual(beside("agent_start\n  tool_call a", "agent_start\n  tool_call b"), ["agent_start|agent_start", " a|", " |b"]);
});

test("every event of both runs stands there once, whatever the trees", () => {
  let seed = 1;
  const random = (most) => (seed = (seed * 48_271) % 2_147_483_647) % most;
  const make = (size) => {
    let depth = -1;
    return Array.from({ length: size }, () => `${"  ".repeat((depth = random(depth + 2)))}step s${random(3)} out=${random(3)}`).join("\n");
  };
  for (let round = 0; round < 200; round++) {
    const [a, b] = [traceOf(make(random(40))), traceOf(make(random(40)))];
    const pairs = compare.match(a, b);
    for (const [side, trace] of [a, b].entries()) {
      const rows = pairs.map((pair) => pair.rows[side]).filter((row) => row >= 0);
      assert.deepEqual(rows.toSorted((one, other) => one - other), Array.from({ length: trace.size }, (_, row) => row));
    }
    for (const pair of pairs) {
      if (pair.rows.includes(-1)) continue;
      const above = [a.parent[pair.rows[0]], b.parent[pair.rows[1]]];
      assert.ok(pairs.some((one) => one.rows.join() === above.join()) || above.join() === "-1,-1");
    }
  }
});

test("it says what differs, and little differences in time are none", () => {
  const a = traceOf("agent_start ms=10000\n  chat ask ms=1000 cost=0.5 tokens=10 model=m out=1\n  tool_call t ms=100\n  step s");
  const b = traceOf("agent_start ms=10100\n  chat ask ms=4000 cost=0.7 tokens=12 model=n out=2 error=1\n  tool_call t ms=150\n  step u");
  const pairs = compare.match(a, b);
  assert.deepEqual(pairs.map((pair) => pair.words), [
    [], ["error", "model", "output", "cost", "tokens", "time"], [], ["only in A"], ["only in B"],
  ]);
  assert.deepEqual(pairs.map((pair) => compare.gap(pair, "own")), [100, 3000, 50, 0, 0]);
  assert.deepEqual(pairs[1].figures, { own: [1000, 4000], cost: [0.5, 0.7], tokens: [10, 12] });
});

test("100,000 equal children, and 20,000 below each other, take no time to speak of", () => {
  const wide = traceOf(`agent_start\n${Array.from({ length: 100_000 }, () => "  tool_call f").join("\n")}`);
  assert.equal(compare.match(wide, wide).length, 100_001);
  const rows = Array.from({ length: 20_000 }, (_, at) => ["e", at, 1, false, "n", "step", new Date(0).toISOString(), 1]);
  const deep = read({ columns: COLUMNS.slice(0, 8), rows });
  assert.equal(compare.match(deep, deep).length, 20_000);
});

test("texts are split around what differs", () => {
  assert.deepEqual(compare.splitTexts("the cat sat", "the dog sat"), ["the ", ["cat", "dog"], " sat"]);
  assert.deepEqual(compare.splitTexts("aa", "aaa"), ["aa", ["", "a"], ""]);
  assert.deepEqual(compare.splitTexts("", "x"), ["", ["", "x"], ""]);
});
