// Pictures of what an event is: the form says it, the colour only repeats it.

import { svg } from "../lib/dom.js";

/** On a field of 16 by 16. @type {Record<string, string>} */
const PATHS = {
  llm: "M8 1.5 9.6 6.4 14.5 8 9.6 9.6 8 14.5 6.4 9.6 1.5 8 6.4 6.4Z",
  tool: "M10.2 1.8a3.8 3.8 0 0 0-3.5 5.2L1.9 11.8a1.6 1.6 0 0 0 2.3 2.3L9 9.3a3.8 3.8 0 0 0 4.9-4.6l-2.3 2.2-2.4-.6-.6-2.4 2.2-2.1Z",
  agent: "M5 5V3.6a3 3 0 0 1 6 0V5h1.2A1.8 1.8 0 0 1 14 6.8v5.4a1.8 1.8 0 0 1-1.8 1.8H3.8A1.8 1.8 0 0 1 2 12.2V6.8A1.8 1.8 0 0 1 3.8 5Zm.2 3.4v1.8h1.6V8.4Zm4 0v1.8h1.6V8.4Z",
  end: "M3 1.5h1.6V2.5h8.4l-1.8 3.2 1.8 3.3H4.6v5.5H3Z",
  node: "M8 1.2 14 4.6v6.8L8 14.8 2 11.4V4.6Zm0 1.9L3.7 5.5v4.9L8 12.9l4.3-2.5V5.5Z",
  step: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Zm0 1.7a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6Z",
  find: "M6.8 1.8a5 5 0 0 1 4 8l3.5 3.5-1.2 1.2-3.5-3.5a5 5 0 1 1-2.8-9.2Zm0 1.7a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6Z",
  error: "M8 1.5 15 14H1Zm-.9 4.5.2 4h1.4l.2-4Zm.9 5a.9.9 0 1 0 0 1.8.9.9 0 0 0 0-1.8Z",
  done: "M6.3 12.6 1.9 8.2l1.3-1.3 3.1 3.1 6.5-6.6 1.3 1.3Z",
  active: "M8 2a6 6 0 1 1-5.7 4.1l1.6.5A4.3 4.3 0 1 0 8 3.7Z",
  open: "M5.5 3.5 10.5 8l-5 4.5Z",
  copy: "M5 1.5h8A1.5 1.5 0 0 1 14.5 3v8h-1.6V3.1H5ZM3 4.5h7A1.5 1.5 0 0 1 11.5 6v7A1.5 1.5 0 0 1 10 14.5H3A1.5 1.5 0 0 1 1.5 13V6A1.5 1.5 0 0 1 3 4.5Z",
  close: "m3.3 2.2 4.7 4.7 4.7-4.7 1.1 1.1L9.1 8l4.7 4.7-1.1 1.1L8 9.1l-4.7 4.7-1.1-1.1L6.9 8 2.2 3.3Z",
  more: "M8 1.8a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Zm0 4.7a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Zm0 4.7a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Z",
  save: "M7.2 1.5h1.6v6.7l2.3-2.3 1.1 1.1L8 11.2 3.8 7l1.1-1.1 2.3 2.3ZM2 12.9h12v1.6H2Z",
};

/** The kind of an event type, also of types that clients invent. @param {string} type */
export function kindOf(type) {
  if (type === "agent_end") return "end";
  if (/agent|workflow/.test(type)) return "agent";
  if (/llm|chat|model|generation|embed|completion/.test(type)) return "llm";
  if (/retriev|search|rerank/.test(type)) return "find";
  if (/tool|function/.test(type)) return "tool";
  if (/node|chain|graph/.test(type)) return "node";
  return "step";
}

/** @param {string} name @param {string} [label] what it says to who cannot see it */
export function icon(name, label) {
  return svg(
    "svg",
    { class: `icon icon-${name}`, viewBox: "0 0 16 16", role: label ? "img" : null, "aria-label": label, "aria-hidden": label ? null : "true" },
    label && svg("title", {}, label),
    svg("path", { d: PATHS[name] ?? PATHS.step, "fill-rule": "evenodd" }),
  );
}

/** The state of a run as a mark. @param {string} status */
export function statusMark(status) {
  const name = status === "failed" ? "error" : status === "completed" ? "done" : "active";
  return icon(name, status);
}
