// The keys of a waterfall, and the list of them.

import { h } from "../lib/dom.js";

/** @typedef {Record<"up" | "down" | "left" | "right" | "home" | "end" | "pageUp" | "pageDown" | "enter" | "escape" | "nextError" | "previousError" | "nextCritical" | "previousCritical" | "nextFound" | "previousFound" | "find" | "help" | "zoomIn" | "zoomOut" | "zoomWhole" | "panLeft" | "panRight" | "fold" | "costliest" | "slowest", () => void>} Commands */

/** @type {Record<string, keyof Commands>} */
const KEYS = {
  ArrowUp: "up", k: "up", ArrowDown: "down", j: "down", ArrowLeft: "left", h: "left", ArrowRight: "right", l: "right",
  Home: "home", End: "end", PageUp: "pageUp", PageDown: "pageDown", Enter: "enter", Escape: "escape",
  e: "nextError", E: "previousError", c: "nextCritical", C: "previousCritical", n: "nextFound", N: "previousFound",
  "/": "find", "?": "help", "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", 0: "zoomWhole", "[": "panLeft", "]": "panRight", i: "fold", $: "costliest", s: "slowest",
};
const HELP = [
  ["↑ ↓ or k j", "the event above, below"], ["← →", "close, open; to the parent, the first child"], ["Enter", "to the detail"], ["Escape", "close the detail"],
  ["e, E", "next, previous error"], ["c, C", "along the critical path"], ["s", "the event with the longest time of its own, then the next"], ["$", "the costliest event, then the next"], ["/", "find"], ["n, N", "next, previous found"],
  ["+ − 0", "zoom in, out, whole run"], ["[ ]", "earlier, later"], ["i", "fold idle time"], ["Ctrl + wheel", "zoom about the pointer"], ["?", "this list"],
];

/** Run the command of a key, unless somebody types. @param {KeyboardEvent} event @param {Commands} commands */
export function onKey(event, commands) {
  const target = event.target instanceof Element ? event.target : null;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
  if (target?.closest("input, select, textarea")) return;
  const isOnControl = target?.closest("button, a, summary");
  if (isOnControl && ["Enter", " "].includes(event.key)) return;
  const isInDetail = target?.closest(".detail");
  if (isInDetail && /^(Arrow|Page|Home|End)/.test(event.key)) return; // it scrolls
  const command = KEYS[event.key];
  if (!command) return;
  event.preventDefault();
  commands[command]();
}

/** Show the list of keys. */
export function showHelp() {
  const dialog = h("dialog", { class: "key-dialog", "aria-label": "Keys" }, h("h2", {}, "Keys"),
    h("dl", { class: "keys" }, HELP.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
    h("form", { method: "dialog" }, h("button", { class: "main" }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
