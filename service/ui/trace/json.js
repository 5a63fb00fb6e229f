// JSON as a tree that is made branch by branch as it is opened, whatever its size.

import { fill, h } from "../lib/dom.js";
import { count, visible } from "../lib/format.js";
import { copyButton, longText } from "../parts/copy.js";
import { pictureOf } from "./messages.js";

const SHOWN = 100; // branches at once
const INLINE = 80;

/** @param {unknown} value @param {boolean} isOpen */
export function jsonTree(value, isOpen = false) {
  if (typeof value !== "object" || value === null) return h("div", { class: "json" }, leaf(value));
  return h("div", { class: "json" }, branch("", value, isOpen));
}

/** @param {string} key @param {unknown} value @param {boolean} isOpen @returns {HTMLElement} */
function branch(key, value, isOpen = false) {
  if (typeof value !== "object" || value === null) {
    return h("div", { class: "json-leaf" }, key && h("span", { class: "json-key" }, `${visible(key)}: `), leaf(value));
  }
  const inside = h("div", { class: "json-inside" });
  const details = h("details", { open: isOpen },
    h("summary", {}, key && h("span", { class: "json-key" }, `${visible(key)}: `), h("span", { class: "json-size" }, summary(value))), inside);
  const make = () => details.open && !inside.firstChild && more(inside, Object.entries(value), 0);
  details.addEventListener("toggle", make);
  if (isOpen) more(inside, Object.entries(value), 0);
  return h("div", { class: "json-branch" }, details, copyButton(() => JSON.stringify(value, null, 2), "Copy this branch"));
}

/** @param {HTMLElement} inside @param {[string, unknown][]} entries @param {number} from */
function more(inside, entries, from) {
  const end = Math.min(entries.length, from + SHOWN);
  inside.append(...entries.slice(from, end).map(([key, value]) => branch(key, value)));
  if (end === entries.length) return;
  const button = h("button", { class: "link" }, `${count(entries.length - end)} more`);
  button.addEventListener("click", () => (button.remove(), more(inside, entries, end)));
  inside.append(button);
}

/** @param {object} value */
function summary(value) {
  const keys = Object.keys(value);
  if (Array.isArray(value)) return `[${count(keys.length)}]`;
  const text = `{${keys.slice(0, 6).map(visible).join(", ")}${keys.length > 6 ? ", …" : ""}}`;
  return text.length > INLINE ? `{${count(keys.length)} keys}` : text;
}

/** @param {unknown} value */
function leaf(value) {
  const picture = pictureOf(value);
  if (picture) return h("img", { class: "picture", src: picture, alt: "A picture in the data" });
  if (typeof value === "string") return longText(value, "json-text");
  return h("span", { class: `json-${value === null ? "null" : typeof value}` }, String(value));
}

/** A table of names and values. @param {Record<string, unknown>} values */
export function attributeTable(values) {
  const table = h("dl", { class: "attributes" });
  fill(table, Object.entries(values).flatMap(([name, value]) => [h("dt", {}, visible(name)), h("dd", {}, jsonTree(value))]));
  return table;
}
