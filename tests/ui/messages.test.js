import assert from "node:assert/strict";
import { test } from "node:test";
import { lastMessage, messagesOf, pictureOf } from "../../service/ui/trace/messages.js";

const PICTURE = "data:image/png;base64,iVBORw0KGgo=";
const brief = (value) => messagesOf(value)?.map((one) => [one.role, ...one.parts.map((part) => [part.kind, part.text ?? part.url ?? part.name ?? part.id, part.value].filter((x) => x !== undefined))]) ?? null;

const SHAPES = {
  "OpenAI": [
    [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "What is it?" }, { type: "image_url", image_url: { url: PICTURE } }] },
      { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: '{"at": 1}' } }] },
      { role: "tool", tool_call_id: "c1", content: '{"found": true}' },
    ],
    [["system", ["text", "Be brief."]], ["user", ["text", "What is it?"], ["image", PICTURE]], ["assistant", ["call", "look", { at: 1 }]], ["tool", ["result", "c1", { found: true }]]],
  ],
  "OpenAI's answer": [{ choices: [{ index: 0, message: { role: "assistant", content: "A cat." } }] }, [["assistant", ["text", "A cat."]]]],
  "GenAI conventions": [
    [
      { role: "user", parts: [{ type: "text", content: "Hi" }] },
      { role: "assistant", parts: [{ type: "reasoning", content: "Hm." }, { type: "tool_call", id: "c1", name: "look", arguments: { at: 1 } }], finish_reason: "tool_call" },
      { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: { found: true } }] },
      { role: "user", parts: [{ type: "blob", mime_type: "image/png", content: "iVBORw0KGgo=" }] },
    ],
    [["user", ["text", "Hi"]], ["assistant", ["reasoning", "Hm."], ["call", "look", { at: 1 }]], ["tool", ["result", "c1", { found: true }]], ["user", ["image", PICTURE]]],
  ],
  "Anthropic": [
    {
      system: "Be brief.",
      messages: [
        { role: "assistant", content: [{ type: "thinking", thinking: "Hm." }, { type: "tool_use", id: "t1", name: "look", input: { at: 1 } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "a cat" }, { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } }] },
      ],
    },
    [["system", ["text", "Be brief."]], ["assistant", ["reasoning", "Hm."], ["call", "look", { at: 1 }]], ["user", ["result", "t1", "a cat"], ["image", PICTURE]]],
  ],
  "Gemini": [
    { contents: [{ role: "user", parts: [{ text: "Hi" }] }, { role: "model", parts: [{ functionCall: { name: "look", args: { at: 1 } } }] }] },
    [["user", ["text", "Hi"]], ["assistant", ["call", "look", { at: 1 }]]],
  ],
  "LangChain": [[[{ type: "human", content: "Hi" }, { id: ["langchain", "AIMessage"], kwargs: { content: "Hello", type: "ai" } }]], [["user", ["text", "Hi"]], ["assistant", ["text", "Hello"]]]],
  "OpenInference": [
    [{ message: { role: "assistant", tool_calls: [{ tool_call: { id: "c1", function: { name: "look", arguments: '{"at": 1}' } } }] } }],
    [["assistant", ["call", "look", { at: 1 }]]],
  ],
  "Vercel": [[{ role: "assistant", content: [{ type: "tool-call", toolCallId: "c1", toolName: "look", args: { at: 1 } }] }], [["assistant", ["call", "look", { at: 1 }]]]],
  "span events": [[{ event: "gen_ai.user.message", content: "Hi" }, { event: "gen_ai.choice", message: { content: "Hello", role: "assistant" } }], [["user", ["text", "Hi"]], ["assistant", ["text", "Hello"]]]],
};

for (const [name, [sent, expected]] of Object.entries(SHAPES)) {
  test(`messages as ${name} has them`, () => assert.deepEqual(brief(sent), expected));
}

test("what is no conversation is none", () => {
  for (const value of [null, 1, "text", [], {}, [1, 2], { a: 1 }, [{ role: "user", content: "x" }, { a: 1 }], { messages: [] }]) assert.equal(messagesOf(value), null, JSON.stringify(value));
});

test("odd parts are kept, and nothing of them becomes a picture or an address", () => {
  const odd = [{ type: "image_url", image_url: { url: "javascript:alert(1)" } }, { type: "image_url", image_url: { url: "data:image/svg+xml;base64,PHN2Zy8+" } }, { type: "image_url", image_url: { url: "//else.where/x.png" } }, null, 7];
  assert.deepEqual(messagesOf([{ role: "user", content: odd }])?.[0]?.parts.map((part) => part.kind), ["other", "other", "other", "other", "other"]);
  assert.equal(pictureOf("data:text/html;base64,PHN2Zy8+"), null);
  assert.equal(pictureOf(PICTURE), PICTURE);
});

test("the last message of a text that may be JSON, and may be cut", () => {
  const said = (text, role = "user") => {
    const found = lastMessage(text, role);
    return found && [found.role, found.parts[0].text ?? found.parts[0].value];
  };
  assert.equal(said(null), null);
  assert.deepEqual(said("hi"), ["user", "hi"]);
  assert.deepEqual(said('[{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]'), ["assistant", "two"]);
  assert.deepEqual(said('{"q": 1}'), ["input", { q: 1 }]);
  assert.deepEqual(said('["done"]', "assistant"), ["output", ["done"]]);
  const cut = `[{"role": "assistant", "content": "say \\"${"x".repeat(2000)}`;
  for (const end of ["", "\\", "\\u12"]) {
    const text = (cut.slice(0, 2000 - end.length) + end);
    const [role, shown] = said(text, "assistant");
    assert.equal(role, "assistant");
    assert.match(shown, /^say "x+…$/);
  }
  assert.match(said("y".repeat(2000))[1], /^y+…$/);
  assert.match(said(`{"a": "${"z".repeat(1993)}`)[1], /^\{"a": "z+…$/);
});
