// What stands above a waterfall: which events are shown, how deep, and the search in it.

import { afterPause, fill, h } from "../lib/dom.js";
import { count, duration, many, money } from "../lib/format.js";
import { icon } from "../parts/icons.js";

const LENGTHS = [1, 10, 100, 1000, 10_000, 60_000];
const COSTS = [0.001, 0.01, 0.1, 1, 10];

/** @typedef {{set: (changes: Record<string, any>) => void, step: (which: "error" | "critical" | "find" | "cost" | "self_time_ms", by: number) => void, level: (by: number) => void, all: (isClosed: boolean) => void, whole: () => void, fold: () => void, help: () => void}} Actions */

export class Toolbar {
  #actions;
  #find = h("input", { type: "search", placeholder: "Find in this run", "aria-label": "Find in this run", title: "/" });
  #hits = h("span", { class: "hits", role: "status" });
  #state = h("span", { class: "quiet shown-count", role: "status" });
  #length = h("select", { "aria-label": "Only events that last at least" },
    h("option", { value: "" }, "any duration"), LENGTHS.map((ms) => h("option", { value: ms }, `≥ ${duration(ms)}`)));
  #cost = h("select", { "aria-label": "Only events that cost at least, with all below" },
    h("option", { value: "" }, "any cost"), COSTS.map((dollars) => h("option", { value: dollars }, `≥ ${money(dollars)}`)));
  /** @type {Map<string, HTMLButtonElement>} */
  #only = new Map();
  #costliest;
  #fold;
  #whole;
  element;

  /** @param {Actions} actions @param {(text: string) => void} onfind */
  constructor(actions, onfind) {
    this.#actions = actions;
    const later = afterPause(150, () => onfind(this.#find.value));
    this.#find.addEventListener("input", later);
    this.#find.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#find.blur();
      if (event.key !== "Enter") return;
      onfind(this.#find.value);
      actions.step("find", event.shiftKey ? -1 : 1);
    });
    this.#length.addEventListener("change", () => actions.set({ min_ms: this.#length.value }));
    this.#cost.addEventListener("change", () => actions.set({ min_cost: this.#cost.value }));
    const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ work) =>
      h("button", { title, onclick: work }, text);
    this.#costliest = button("Costliest", "The costliest event, then the next ($)", () => actions.step("cost", 1));
    this.#fold = button("Fold idle time", "Fold long times in which nothing ran (i)", actions.fold);
    this.#whole = button("Whole run", "0", actions.whole);
    this.element = h(
      "div",
      { class: "trace-tools", role: "toolbar", "aria-label": "Waterfall" },
      h("span", { class: "group" }, this.#onlyButton("errors", "Only errors"), this.#onlyButton("critical", "Critical path"), this.#length, this.#cost),
      h("span", { class: "group" }, button("−", "Close one level more", () => actions.level(-1)), button("+", "Open one level more", () => actions.level(1)),
        button("Open all", "Open all levels", () => actions.all(false))),
      this.#fold, this.#whole,
      h("span", { class: "group find" }, this.#find, this.#hits, button("↑", "Previous (N)", () => actions.step("find", -1)), button("↓", "Next (n)", () => actions.step("find", 1))),
      h("span", { class: "group" }, h("button", { class: "next-error", title: "Next error (e)", onclick: () => actions.step("error", 1) }, icon("error"), "Next error"), button("Slowest", "The event with the longest time of its own, then the next (s)", () => actions.step("self_time_ms", 1)), this.#costliest),
      this.#state,
      h("button", { class: "quiet", title: "Keys (?)", "aria-label": "Keys", onclick: actions.help }, "?"),
    );
  }

  /** @param {string} name @param {string} text */
  #onlyButton(name, text) {
    const button = h("button", { "aria-pressed": "false" }, text);
    button.addEventListener("click", () => this.#actions.set({ only: button.getAttribute("aria-pressed") === "true" ? null : name }));
    this.#only.set(name, button);
    return button;
  }

  /** @param {import("./model.js").View} view @param {{shown: number, size: number, errors: number, cost: number, isPart: boolean, find: string, hits: number, fold: boolean | null}} now `fold` is null where nothing can be folded */
  show(view, now) {
    for (const [name, button] of this.#only) button.setAttribute("aria-pressed", String(view.only === name));
    choose(this.#length, view.minMs, duration);
    choose(this.#cost, view.minCost, money);
    this.#fold.hidden = now.fold === null;
    this.#fold.setAttribute("aria-pressed", String(now.fold === true));
    this.#whole.hidden = !now.isPart;
    this.#costliest.hidden = !now.cost;
    if (document.activeElement !== this.#find) this.#find.value = now.find;
    fill(this.#hits, now.find && `${count(now.hits)} found`);
    for (const one of this.element.querySelectorAll(".find button")) /** @type {HTMLElement} */ (one).hidden = !now.hits;
    fill(this.#state, now.shown === now.size ? many(now.size, "event") : `${count(now.shown)} of ${count(now.size)}`);
    const errors = this.element.querySelector(".next-error");
    if (errors instanceof HTMLButtonElement) errors.hidden = !now.errors;
  }

  focusFind() {
    this.#find.focus();
    this.#find.select();
  }
}

/** Show which least is given; one of the address may be none of those offered. @param {HTMLSelectElement} select @param {number} least @param {(value: number) => string} text */
function choose(select, least, text) {
  const given = least ? String(least) : "";
  if (given && ![...select.options].some((one) => one.value === given)) select.append(h("option", { value: given }, `≥ ${text(least)}`));
  select.value = given;
}
