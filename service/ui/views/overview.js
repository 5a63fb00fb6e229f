// The overview: what a window comes to, what changed, and from there to the runs and errors behind it.

import { get, getExact } from "../lib/api.js";
import { afterPause, fill, h, refill } from "../lib/dom.js";
import { line } from "../lib/format.js";
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
  #scrolled = 0;
  /** Where the first run appears by itself. */
  #isEmpty = false;
  #bar = h("div");
  #names = h("datalist", { id: "overview-agents" });
  #figures = h("div");
  #runs = h("section", { "aria-label": "Runs" });
  #errors = h("section", { class: "errors-of-window" });
  #prices = h("section", { class: "card unpriced" });
  #body = h("div", { class: "scrolls overview" }, this.#figures, this.#runs, this.#errors, this.#prices);
  #change = afterPause(350, (/** @type {Record<string, any>} */ changes) => this.isConnected && setQuery(changes, true));

  connectedCallback() {
    const scrolled = this.#scrolled;
    fill(this, h("h1", { class: "off-screen" }, "Overview"), this.#bar, this.#names, this.#body);
    this.#body.onscroll = () => (this.#scrolled = this.#body.scrollTop);
    requestAnimationFrame(() => (this.#body.scrollTop = scrolled));
  }

  /** @param {Record<string, string>} _ @param {URLSearchParams} query */
  show(_, query) {
    if (`?${query}` === this.#last && !this.#isEmpty) return;
    this.#last = `?${query}`;
    if (!this.#bar.contains(document.activeElement) || !document.activeElement?.matches("input")) refill(this.#bar, bar(query, this.#change));
    this.#load();
  }

  async #load(tries = 0) {
    const [now, query] = [this.#last, new URLSearchParams(this.#last)];
    if (!this.#figures.childElementCount || tries) fill(this.#figures, skeleton());
    try {
      const answer = await getExact("metrics/changes", asked(query));
      const { totals, from, to } = answer.body;
      const isEmpty = !totals.now.runs && !totals.before?.runs && !(await get("runs", { limit: 1 })).runs.length;
      if (now !== this.#last || !this.isConnected) return;
      this.#bar.hidden = this.#isEmpty = isEmpty;
      if (isEmpty) return this.#wait();
      refill(this.#figures, cards(answer.body), changed(answer));
      this.#lists({ ...filtersOf(query), from, to });
    } catch (error) {
      if (now !== this.#last || !this.isConnected) return;
      for (const part of [this.#runs, this.#errors, this.#prices]) fill(part);
      showError(this.#figures, error, () => this.#load(tries + 1), tries);
    }
  }

  /** @param {Record<string, any>} window */
  #lists(window) {
    const { from, to, agent, environment } = window;
    const runs = { ...window, ...askedOfTab() };
    this.#part(this.#runs, "runs", { ...runs, limit: 10 }, (found) => runTabs(found.runs, runs));
    this.#part(this.#errors, "errors", { from, to, agent, environment, limit: 8 }, errorGroups);
    this.#part(this.#prices, "prices/missing", { from, limit: 10 }, unpriced);
    this.#part(this.#names, "agents", { limit: 200 }, (found) => found.map((/** @type {any} */ one) => h("option", { value: line(one.name, 255) })));
  }

  /** Show an answer in its place, if it is still wanted then. @param {Element} place @param {string} path @param {Record<string, any>} query @param {(found: any) => any[]} draw */
  async #part(place, path, query, draw) {
    const now = this.#last;
    const found = await get(path, query).catch((error) => error);
    if (now !== this.#last) return;
    if (found instanceof Error) showError(place, found, () => this.#part(place, path, query, draw), 2);
    else refill(place, ...draw(found));
  }

  /** Nothing is stored yet: look for the first run. */
  #wait() {
    if (!this.#figures.querySelector(".welcome")) fill(this.#figures, welcome());
    setTimeout(() => this.isConnected && this.#load(), LOOK_MS);
  }
}

customElements.define("overview-view", OverviewView);
