// Buttons that copy or change the address, and texts too long to show whole at once.

import { copy, h } from "../lib/dom.js";
import { bytes, visible } from "../lib/format.js";
import { setQuery } from "../lib/router.js";
import { icon } from "./icons.js";

const SHOWN = 4000;
const MARGIN = 500; // not worth a button

/** A button that copies what `text` gives. @param {() => string} text @param {string} label */
export function copyButton(text, label = "Copy") {
  const button = h("button", { class: "copy", title: label, "aria-label": label }, icon("copy"));
  button.addEventListener("click", async (event) => {
    event.stopPropagation();
    const done = await copy(text());
    button.classList.add(done ? "copied" : "failed");
    const said = /** @type {HTMLElement} */ (document.querySelector("#said"));
    said.textContent = button.title = done ? "Copied" : "The browser refused to copy";
    setTimeout(() => {
      button.classList.remove("copied", "failed");
      button.title = label;
      said.textContent = "";
    }, 1200);
  });
  return button;
}

/** A choice that changes the address. @param {string} text @param {boolean} isOn @param {Record<string, any>} changes */
export function chip(text, isOn, changes) {
  return h("button", { class: "chip", "aria-pressed": String(isOn), onclick: () => setQuery(changes) }, text);
}

/** A text, of a long one its beginning and a button for the rest. @param {string} text @param {string} kind its class */
export function longText(text, kind = "text") {
  const long = text.length > SHOWN + MARGIN;
  const shown = h("div", { class: kind, dir: "auto" }, visible(long ? text.slice(0, SHOWN) : text));
  if (!long) return shown;
  const all = h("button", { class: "link" }, `Show all (${bytes(new Blob([text]).size)})`);
  all.addEventListener("click", () => {
    shown.textContent = visible(text);
    all.remove();
  });
  return h("div", {}, shown, all);
}

/** A piece of code with a button that copies it. @param {string} code @param {string} label */
export function snippet(code, label) {
  return h("div", { class: "snippet" }, h("pre", {}, code), copyButton(() => code, `Copy ${label}`));
}
