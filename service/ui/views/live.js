// The live tail: events as they are stored, the newest above; each leads to its run.

import { tail } from "../lib/api.js";
import { afterPause, fill, h, oncePerFrame } from "../lib/dom.js";
import { clock, count, duration, exact, line, money } from "../lib/format.js";
import { VirtualList } from "../lib/list.js";
import { link, setQuery } from "../lib/router.js";
import { icon, kindOf } from "../parts/icons.js";
import { nothing, showError } from "../parts/states.js";

const KEPT = 5000;

class LiveView extends HTMLElement {
  /** @type {any[]} newest last */
  #events = [];
  #held = /** @type {any[]} */ ([]); // come while paused
  #paused = false;
  #agent = /** @type {string | null} */ (null);
  #stop = new AbortController();
  #list = new VirtualList();
  #body = h("div", { class: "fills" });
  #state = h("span", { class: "live-state", role: "status" });
  #pause = h("button", { title: "Space" });
  #filter = h("input", { type: "search", placeholder: "Agent", "aria-label": "Agent" });
  #draw = oncePerFrame(() => this.#show());
  #error = /** @type {Error | null} */ (null);

  connectedCallback() {
    const change = afterPause(400, () => this.isConnected && setQuery({ agent: this.#filter.value.trim() }, true));
    this.#filter.addEventListener("input", change);
    this.#pause.addEventListener("click", () => this.#toggle());
    addEventListener("keydown", this.#key);
    this.#list.rowHeight = 30;
    this.#list.setAttribute("role", "group");
    this.#list.setAttribute("aria-label", "Live events");
    this.#list.draw = (index) => row(this.#events[this.#events.length - 1 - index]);
    this.append(h("h1", { class: "off-screen" }, "Live"), h("div", { class: "live-bar" }, this.#pause, this.#filter, this.#state), this.#body);
  }

  disconnectedCallback() {
    this.#stop.abort();
    removeEventListener("keydown", this.#key);
  }

  /** @param {Record<string, string>} _ @param {URLSearchParams} query */
  show(_, query) {
    const agent = query.get("agent") ?? "";
    if (agent === this.#agent) return;
    this.#agent = agent;
    if (document.activeElement !== this.#filter) this.#filter.value = agent;
    this.#events = [];
    this.#held = [];
    this.#begin();
  }

  #begin() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#error = new Error("Connecting…");
    tail({ agent: this.#agent }, this.#stop.signal, (events) => this.#add(events), (error) => {
      this.#error = error;
      if (error && !error.isPassing) showError(this.#body, error, () => this.#begin());
      else this.#draw();
    });
    this.#draw();
  }

  /** @param {any[]} events */
  #add(events) {
    const into = this.#paused ? this.#held : this.#events;
    // What was stored together comes in no order of its own.
    into.push(...events.slice(-KEPT).sort((one, other) => one.timestamp.localeCompare(other.timestamp)));
    if (into.length > KEPT) into.splice(0, into.length - KEPT);
    this.#draw();
  }

  #toggle() {
    this.#paused = !this.#paused;
    if (!this.#paused) this.#add(this.#held.splice(0));
    this.#draw();
  }

  #key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== " " || event.target !== document.body) return;
    event.preventDefault();
    this.#toggle();
  };

  #show() {
    this.#pause.textContent = this.#paused ? "Go on" : "Pause";
    this.#pause.setAttribute("aria-pressed", String(this.#paused));
    const waiting = this.#held.length ? `${count(this.#held.length)} waiting` : "";
    fill(this.#state, this.#error ? this.#error.message : this.#paused ? `Paused. ${waiting}` : h("span", { class: "pulse" }), !this.#error && !this.#paused && "Live");
    if (!this.#events.length) return fill(this.#body, nothing("Waiting for events…", h("p", {}, "What is stored from now on appears here.")));
    if (!this.#list.isConnected) fill(this.#body, this.#list);
    const at = this.#list.scrollTop;
    const added = (this.#events.length - this.#list.count) * this.#list.rowHeight;
    this.#list.count = this.#events.length;
    this.#list.refresh();
    if (at > 0 && added > 0) this.#list.scrollTop = at + added; // what is read stays where it is
  }
}

/** @param {any} event */
function row(event) {
  const name = event.data?.name ?? event.data?.tool_name ?? event.data?.step_name ?? event.data?.node_name ?? event.model ?? event.event_type;
  return h("a", { class: `live-row${event.is_error ? " is-error" : ""}`, href: link(["runs", event.run_id], { event: event.event_id }) },
    h("time", { datetime: event.timestamp, title: exact(event.timestamp) }, clock(event.timestamp)),
    icon(event.is_error ? "error" : kindOf(event.event_type), `${event.event_type}${event.is_error ? ", an error" : ""}`),
    h("span", { class: "live-agent" }, line(event.agent_name, 80)),
    h("span", {}, line(String(name), 120), " ", h("span", { class: "quiet" }, line(event.run_name, 80))),
    h("span", { class: "figure" }, event.latency_ms == null ? "" : duration(event.latency_ms)),
    h("span", { class: "figure live-cost" }, event.cost ? money(event.cost) : ""));
}

customElements.define("live-view", LiveView);
