// What can be done with a run or an agent: downloads, and with an admin key changes, after a question.

import { get, getFile, mayChange, send } from "../lib/api.js";
import { download, fill, h } from "../lib/dom.js";
import { line, many } from "../lib/format.js";
import { link } from "../lib/router.js";
import { icon } from "../parts/icons.js";

/** @typedef {[string, () => unknown]} Item */

/** Label and file, which the export is named for. */
const FORMATS = /** @type {const} */ ([["JSON", "json"], ["NDJSON, to import elsewhere", "events.ndjson"], ["OTLP/JSON", "otlp.jsonl"], ["Chrome trace (Perfetto, speedscope)", "chrome.json"]]);

/** Change or delete, then go to an address. @param {string} method @param {string} path @param {string} to @param {(value: string) => any} [body] */
const change = (method, path, to, body) => async (/** @type {string} */ value) => {
  await send(method, path, body?.(value));
  location.assign(to);
};

/** @param {any} run */
export function runActions(run) {
  const own = `runs/${run.run_id}`;
  const name = line(run.run_name);
  const field = () => h("input", { value: run.run_name, required: true, maxlength: "255", "aria-label": "New name" });
  return menu("Download, rename, delete", [
    ...FORMATS.map(([label, file]) => /** @type {Item} */ ([label, async () =>
      download(`run-${run.run_id}.${file}`, await (file === "json" ? getFile(`${own}/timeline`) : getFile(`export/${file}`, { run_id: run.run_id })))])),
    ["Rename…", () => ask(`Rename ${name}`, "",
      change("PATCH", `runs/${[run.agent_name, run.run_name].map(encodeURIComponent).join("/")}`, location.href, (value) => ({ new_run_name: value })), field())],
    ["Delete…", () => ask(`Delete ${name}?`, `The run of ${line(run.agent_name)} with its ${many(run.event_count, "event")} and its scores.`,
      change("DELETE", own, link(["runs"], { agent: run.agent_name })))],
  ]);
}

/** @param {any} agent as GET …/agents/{name} has it */
export function agentActions(agent) {
  const path = `agents/${encodeURIComponent(agent.name)}`;
  const name = line(agent.name);
  const field = () => h("textarea", { rows: "5", maxlength: "10000", "aria-label": "Description" }, agent.description);
  return mayChange() && menu("Describe, delete", [
    ["Describe…", () => ask(`Describe ${name}`, "", change("PATCH", path, location.href, (value) => ({ description: value.trim() || null })), field())],
    ["Delete…", () => ask(`Delete ${name}?`, `The agent with all its ${many(agent.total_runs, "run")} and their ${many(agent.total_events, "event")}.`,
      change("DELETE", path, link(["agents"])), null, async () => `Left: ${many((await get(path)).total_runs, "run")}.`)],
  ]);
}

/** A button with a menu, which lies above the page: drawn again, the page leaves it open. Labels that end with … change something. @param {string} title @param {Item[]} items */
function menu(title, items) {
  const button = h("button", { class: "copy", title, onclick: () => {
    const at = button.getBoundingClientRect();
    const state = h("p", { role: "status" });
    const list = h("div", { class: "menu", popover: "", "--top": `${at.bottom + 4}px`, "--right": `${innerWidth - at.right}px` },
      items.filter(([text]) => mayChange() || !text.endsWith("…")).map(([text, work]) =>
        h("button", { autofocus: true, onclick: async () => await told(state, work) && list.hidePopover() }, text)), state);
    list.addEventListener("toggle", (event) => event.newState === "closed" && list.remove());
    document.body.append(list);
    list.showPopover();
  } }, icon("more"));
  return button;
}

/** Do it, and tell of it meanwhile; false where it failed. @param {Element} state @param {() => unknown} work */
async function told(state, work) {
  fill(state, "Working…");
  try {
    await work();
    return true;
  } catch (error) {
    fill(state, h("span", { class: "problem", role: "alert" }, String(/** @type {Error} */ (error).message)));
    return false;
  }
}

/**
 * Ask before something is changed; what is typed into `field` is the value, without one it cannot be undone.
 * @param {string} title @param {string} text @param {(value: string) => unknown} work
 * @param {HTMLInputElement | HTMLTextAreaElement | null} [field] @param {() => Promise<string>} [progress]
 */
function ask(title, text, work, field, progress) {
  const state = h("p", { role: "status" });
  const main = h("button", { type: "submit", class: field ? "main" : "main is-bad" }, field ? "Save" : "Delete");
  const cancel = h("button", { onclick: () => dialog.close() }, "Cancel");
  const dialog = h("dialog", { class: "key-dialog", "aria-label": title, onclose: () => dialog.remove() }, h("form", {
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      main.disabled = cancel.disabled = true;
      const timer = progress && setInterval(() => progress().then((left) => main.disabled && fill(state, left), () => {}), 1000);
      if (await told(state, () => work(field?.value ?? ""))) dialog.close();
      clearInterval(timer);
      main.disabled = cancel.disabled = false;
    },
  }, h("h2", {}, title), field || h("p", {}, text, " This cannot be undone."), state, h("div", { class: "row" }, cancel, main)));
  document.body.append(dialog);
  dialog.showModal();
}
