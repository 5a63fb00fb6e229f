// Messages as people read them: who said what, which tool was called and what it gave.

import { h } from "../lib/dom.js";
import { line } from "../lib/format.js";
import { icon } from "../parts/icons.js";
import { longText } from "../parts/copy.js";
import { jsonTree } from "./json.js";
import { messagesOf, parsed, pictureOf } from "./messages.js";

const SHOWN = 30; // messages; of a longer history the last ones
const KNOWN = ["system", "user", "assistant", "tool"];

/** An input or an output: a conversation where it is one, else as what it is. @param {string} title @param {unknown} value */
export function contentOf(title, value) {
  if (value == null || value === "") return null;
  const read = parsed(value);
  const messages = messagesOf(read);
  return h("section", { class: "content" }, h("h3", {}, title), messages ? conversation(messages) : plain(read));
}

/** @param {unknown} value */
function plain(value) {
  const picture = pictureOf(value);
  if (picture) return h("img", { class: "picture", src: picture, alt: "A picture" });
  return typeof value === "string" ? longText(value) : jsonTree(value, true);
}

/** @param {import("./messages.js").Message[]} messages */
export function conversation(messages) {
  const list = h("div", { class: "conversation" });
  const hidden = messages.length - SHOWN;
  if (hidden > 0) {
    const button = h("button", { class: "link" }, `${hidden} earlier messages`);
    button.addEventListener("click", () => button.replaceWith(...messages.slice(0, hidden).map(said)));
    list.append(button);
  }
  list.append(...messages.slice(Math.max(0, hidden)).map(said));
  return list;
}

/** @param {import("./messages.js").Message} message */
function said(message) {
  const role = KNOWN.includes(message.role) ? message.role : "other";
  return h(
    "article",
    { class: `message role-${role}` },
    h("header", {}, line(message.role, 40), message.name && h("span", { class: "quiet" }, ` ${line(message.name, 60)}`)),
    message.parts.length ? message.parts.map(part) : h("span", { class: "quiet" }, "(empty)"),
  );
}

/** @param {import("./messages.js").Part} one */
function part(one) {
  switch (one.kind) {
    case "text":
      return longText(one.text);
    case "reasoning":
      return h("details", { class: "reasoning", open: one.text.length < 300 }, h("summary", {}, "Reasoning"), longText(one.text));
    case "image":
      return h("img", { class: "picture", src: one.url, alt: "A picture in the message" });
    case "call":
      return h("div", { class: "call" }, h("div", { class: "call-name" }, icon("tool"), line(one.name, 100) || "call", one.id && h("span", { class: "quiet" }, line(one.id, 60))), given(one.value));
    case "result":
      return h("div", { class: "call" }, h("div", { class: "call-name" }, icon("done"), "result", one.id && h("span", { class: "quiet" }, line(one.id, 60))), given(one.value));
    default:
      return jsonTree(one.value, true);
  }
}

/** @param {unknown} value */
function given(value) {
  if (value == null) return null;
  return typeof value === "string" ? longText(value) : jsonTree(value, true);
}
