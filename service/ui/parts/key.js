// The question for a key, once the service asks for one. It is kept for this tab alone.

import { h } from "../lib/dom.js";

/** Ask for a key; resolves with what was typed. @param {string} problem why the last one was refused @returns {Promise<string>} */
export function askForKey(problem) {
  return new Promise((done) => {
    const field = h("input", {
      type: "password", name: "key", required: true, autocomplete: "off", spellcheck: "false",
      placeholder: "gati_read_…", "aria-label": "API key", "aria-describedby": "key-help",
    });
    const dialog = h(
      "dialog",
      { class: "key-dialog", "aria-labelledby": "key-title" },
      h(
        "form",
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            dialog.close();
            dialog.remove();
            done(field.value.trim());
          },
        },
        h("h2", { id: "key-title" }, "This service asks for a key"),
        problem && h("p", { class: "problem", role: "alert" }, problem),
        h("p", { id: "key-help" }, "One of scope read lets you see everything. It is kept until you close this tab. Make one where the service runs:"),
        h("pre", {}, "python -m service keys create NAME --scope read"),
        h("div", { class: "row" }, field, h("button", { type: "submit", class: "main" }, "Open")),
      ),
    );
    dialog.addEventListener("cancel", (event) => event.preventDefault()); // nothing is behind it
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}
