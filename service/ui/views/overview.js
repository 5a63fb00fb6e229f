// The overview: what a window comes to, what changed, and from there to the runs and errors behind it.

import { get } from "../lib/api.js";
import { afterPause, fill, h, refill } from "../lib/dom.js";
import { clock, line } from "../lib/format.js";
import { setQuery } from "../lib/router.js";
import { cards, changed } from "../overview/changes.js";
import { askedOfTab, errorGroups, runTabs, unpriced } from "../overview/lists.js";
import { asked, bar, filtersOf } from "../overview/window.js";
import { showError, skeleton } from "../parts/states.js";
import { welcome } from "../parts/welcome.js";

const LOOK_MS = 4000;

class OverviewView extends HTMLElement {
  isKept = true; // one goes to a run and back
  #last = "";
  #tab = "";
  #scrolled = 0;
  #timer = 0;
  /** The window and the filters of what is shown. @type {Record<string, any> | null} */
  #shown = null;
  #bar = h("div");
  #names = h("datalist", { id: "overview-agents" });
  #figures = h("div");
  #runs = h("section", { "aria-label": "Runs" });
  #errors = h("section", { class: "errors-of-window" });
  #prices = h("div");
  #body = h("div", { class: "scrolls overview" }, this.#figures, this.#runs, this.#errors, this.#prices);
  #change = afterPause(350, (/** @type {Record<string, any>} */ changes) => this.isConnected && setQuery(changes, true));

  connectedCallback() {
    const scrolled = this.#scrolled;
    this.append(h("h1", { class: "off-screen" }, "Overview"), this.#bar, this.#names, this.#body);
    this.#body.onscroll = () => (this.#scrolled = this.#body.scrollTop);
    requestAnimationFrame(() => (this.#body.scrollTop = scrolled));
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    fill(this);
  }

  /** @param {Record<string, string>} _ @param {URLSearchParams} query */
  show(_, query) {
    const all = new URLSearchParams(query);
    all.delete("tab");
    const [last, tab] = [String(all), query.get("tab") ?? ""];
    const isSame = this.#shown && last === this.#last;
    if (isSame && tab === this.#tab) return;
    [this.#last, this.#tab] = [last, tab];
    if (isSame) return this.#showRuns();
    if (!this.#bar.contains(document.activeElement) || !document.activeElement?.matches("input")) refill(this.#bar, bar(query, this.#change));
    this.#load();
  }

  async #load(tries = 0) {
    const [now, query] = [this.#last, new URLSearchParams(this.#last)];
    clearTimeout(this.#timer);
    if (!this.#figures.childElementCount || tries) fill(this.#figures, skeleton());
    try {
      const changes = await get("metrics/changes", asked(query));
      const { totals, from, to } = changes;
      const isEmpty = !totals.now.runs && !totals.before?.runs && !(await get("runs", { limit: 1 })).runs.length;
      if (now !== this.#last) return;
      this.#bar.hidden = isEmpty;
      if (isEmpty) return this.#wait();
      this.#shown = { ...filtersOf(query), from, to };
      refill(this.#figures, cards(changes), changed(changes),
        h("p", { class: "quiet" }, `Exact as of ${clock(Date.now())}. `, h("button", { type: "button", class: "link", onclick: () => this.#load() }, "Refresh")));
    } catch (error) {
      if (now !== this.#last || !this.isConnected) return;
      this.#shown = null;
      for (const part of [this.#runs, this.#errors, this.#prices]) fill(part);
      return showError(this.#figures, error, () => this.#load(tries + 1), tries);
    }
    const { from, to, agent, environment } = this.#shown;
    this.#showRuns();
    this.#part(this.#errors, "errors", { from, to, agent, environment, limit: 8 }, (found) => errorGroups(found.errors));
    this.#part(this.#prices, "prices/missing", { from, limit: 10 }, unpriced);
    this.#part(this.#names, "agents", { limit: 200 }, (found) => found.map((/** @type {any} */ one) => h("option", { value: line(one.name, 255) })));
  }

  #showRuns() {
    const wanted = { ...this.#shown, ...askedOfTab() };
    this.#part(this.#runs, "runs", { ...wanted, limit: 10 }, (found) => runTabs(found.runs, wanted));
  }

  /** Show an answer in its place, if it is still wanted then. @param {Element} place @param {string} path @param {Record<string, any>} query @param {(found: any) => any[]} draw */
  async #part(place, path, query, draw) {
    const now = this.#last + this.#tab;
    try {
      const found = await get(path, query);
      if (now === this.#last + this.#tab) refill(place, draw(found));
    } catch (error) {
      if (now === this.#last + this.#tab && this.isConnected) showError(place, error, () => this.#part(place, path, query, draw), 2);
    }
  }

  /** Nothing is stored yet: look for the first run. */
  #wait() {
    this.#shown = null;
    if (!this.#figures.querySelector(".welcome")) fill(this.#figures, welcome());
    this.#timer = setTimeout(() => this.isConnected && this.#load(), LOOK_MS);
  }
}

customElements.define("overview-view", OverviewView);
