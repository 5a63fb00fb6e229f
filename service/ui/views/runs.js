// The list of runs: filters, sorts, pages as one scrolls, and word of new runs.

import { get } from "../lib/api.js";
import { afterPause, fill, h, refill } from "../lib/dom.js";
import { line, time } from "../lib/format.js";
import { VirtualList } from "../lib/list.js";
import { setQuery } from "../lib/router.js";
import { nothing, showError, skeleton } from "../parts/states.js";
import { welcome } from "../parts/welcome.js";
import { asked, filterBar, isFiltered, showCounts } from "../runs/filters.js";
import { Histogram } from "../runs/histogram.js";
import { Pages } from "../runs/pages.js";
import { head, lookOf, runRow } from "../runs/row.js";

const LOOK_MS = 4000;
const NARROW = matchMedia("(max-width: 60rem)");
const HEIGHT = { wide: 42, narrow: 60 };

class RunsView extends HTMLElement {
  isKept = true; // one goes to a run and back, and on from there
  #scrolled = 0;
  #bar = h("div");
  #histogram = new Histogram();
  #counts = /** @type {import("../runs/histogram.js").Counts | null} */ (null);
  #head = h("div");
  #news = h("div", { class: "news", "aria-live": "polite" });
  #body = h("div", { class: "fills" });
  #list = new VirtualList();
  #names = h("datalist", { id: "agent-names" });
  /** @type {Pages | null} */
  #pages = null;
  /** What the list shows, until other pages are there. @type {Pages | null} */
  #shown = null;
  #last = "";
  /** @type {any} */
  #example = null;
  #timer = 0;
  #beside = lookOf([]);
  #change = afterPause(350, (/** @type {Record<string, any>} */ changes) => this.isConnected && setQuery(changes, true));

  connectedCallback() {
    this.append(h("h1", { class: "off-screen" }, "Runs"), this.#bar, this.#names, this.#histogram.element, this.#news, this.#body);
    this.#histogram.oncounts = (counts) => {
      this.#counts = counts;
      showCounts(this.#bar, counts);
    };
    this.#list.setAttribute("role", "group");
    this.#list.setAttribute("aria-label", "Runs");
    this.#list.draw = (index) => runRow(this.#shown?.runs[index], this.#beside);
    this.#list.onrange = (_, end) => this.#pages && end > this.#pages.runs.length - 30 && this.#more();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    NARROW.addEventListener("change", this.#resize);
    this.#list.addEventListener("scroll", () => (this.#scrolled = this.#list.scrollTop));
    if (!this.#pages) this.#suggest();
    else this.#comeBack(this.#scrolled);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    NARROW.removeEventListener("change", this.#resize);
  }

  /** @param {number} scrolled */
  #comeBack(scrolled) {
    requestAnimationFrame(() => {
      if (!this.#list.isConnected) return;
      this.#list.scrollTop = scrolled;
      this.#resize();
    });
    this.#look();
  }

  /** @param {Record<string, string>} _ @param {URLSearchParams} query */
  show(_, query) {
    if (this.#last === query.toString() && this.#pages) return;
    this.#last = query.toString();
    this.#showBar(query);
    this.#load(query, 0);
  }

  /** What is being typed into or chosen from stays. @param {URLSearchParams} query */
  #showBar(query) {
    const isUsed = this.#bar.contains(document.activeElement) && document.activeElement?.matches("input, select");
    if (isUsed) return;
    refill(this.#bar, filterBar(query, this.#change, this.#example));
    showCounts(this.#bar, this.#counts);
  }

  /** @param {URLSearchParams} query @param {number} tries */
  async #load(query, tries) {
    this.#pages?.close();
    const pages = (this.#pages = new Pages(asked(query)));
    fill(this.#news);
    if (!this.#body.contains(this.#list) || tries) fill(this.#body, skeleton(12));
    this.#histogram.show(pages.asked);
    try {
      await pages.more();
      while (!pages.runs.length && !pages.isWhole && pages === this.#pages && this.isConnected) {
        fill(this.#body, nothing("Searching …", pages.stoppedAt && h("span", {}, `No run since ${time(pages.stoppedAt)}.`)));
        await pages.more();
      }
    } catch (error) {
      if (pages === this.#pages && this.isConnected) showError(this.#body, error, () => this.#load(query, tries + 1), tries);
      return;
    }
    if (pages !== this.#pages) return;
    this.#bar.hidden = !pages.runs.length && !isFiltered(query);
    if (!pages.runs.length) return fill(this.#body, this.#empty(query));
    this.#shown = pages;
    this.#beside = lookOf(pages.runs);
    if (!this.#example) {
      this.#example = pages.runs[0];
      this.#showBar(query);
    }
    const sort = query.get("sort") ?? "started_at";
    refill(this.#head, head(sort, query.get("order") ?? "desc", (sort, order) => setQuery({ sort: sort === "started_at" ? null : sort, order: order === "desc" ? null : order })));
    fill(this.#body, h("div", { class: "table" }, this.#head, this.#list));
    this.#list.scrollTop = 0;
    this.#list.count = pages.runs.length;
    this.#resize();
  }

  /** @param {URLSearchParams} query */
  #empty(query) {
    if (!isFiltered(query)) return welcome();
    const clear = () => setQuery(Object.fromEntries([...query.keys()].filter((name) => name !== "tz").map((name) => [name, null])));
    return nothing("No run passes these filters.", h("button", { onclick: clear }, "Show all runs"));
  }

  #resize = () => {
    this.#list.rowHeight = NARROW.matches ? HEIGHT.narrow : HEIGHT.wide;
    this.#list.refresh();
  };

  async #more() {
    const pages = this.#pages;
    if (!pages || pages.isWhole) return;
    try {
      await pages.more();
      if (pages === this.#pages) this.#list.grow(pages.runs.length);
    } catch {
      // The next scroll asks again.
    }
  }

  /** New runs are announced; what one reads does not move. */
  async #look() {
    const pages = this.#pages;
    if (!pages || document.hidden || (pages.asked.sort ?? "started_at") !== "started_at" || pages.asked.order === "asc") return;
    try {
      const changed = await pages.look();
      if (pages !== this.#pages) return;
      if (!pages.runs.length && pages.fresh.size) return this.#reload();
      for (const index of changed) this.#list.refreshRow(index);
      fill(this.#news, pages.fresh.size > 0 && h("button", { class: "announce", onclick: () => this.#reload() }, `${pages.freshText} · show`));
    } catch {
      // The list stays as it was; the next look tells.
    }
  }

  #reload() {
    this.#load(new URLSearchParams(this.#last), 0);
  }

  async #suggest() {
    try {
      const agents = await get("agents", { limit: 200 });
      fill(this.#names, agents.map((/** @type {any} */ agent) => h("option", { value: line(agent.name, 255) })));
    } catch {
      // Without suggestions the name is typed.
    }
  }
}

customElements.define("runs-view", RunsView);
