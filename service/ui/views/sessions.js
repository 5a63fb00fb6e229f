// All sessions, the one with the newest run first; and one, its runs as a conversation with what they add up to.

import { get } from "../lib/api.js";
import { fill, h, refill } from "../lib/dom.js";
import { ago, brief, count, duration, exact, line, money } from "../lib/format.js";
import { link, setQuery } from "../lib/router.js";
import { statusMark } from "../parts/icons.js";
import { nothing, showError, skeleton } from "../parts/states.js";
import { frame } from "../parts/table.js";
import { errorText } from "../runs/row.js";
import { conversation } from "../trace/conversation.js";
import { figure } from "../trace/head.js";
import { lastMessage } from "../trace/messages.js";

const FILTERS = [["agent", "Agent"], ["user_id", "User"]];
const COUNTS = [["run_count", "Runs"], ["failed", "Failed"], ["active", "Active"], ["event_count", "Events"], ["error_count", "Errors"]];

class SessionsView extends HTMLElement {
  #now = "";
  #bar = h("div", { class: "page-head" });
  #body = h("div");

  connectedCallback() {
    this.append(h("div", { class: "scrolls" }, this.#bar, this.#body));
  }

  /** @param {{id?: string}} params @param {URLSearchParams} query */
  show({ id = "" }, query) {
    const now = `${id}?${query}`;
    if (now === this.#now) return;
    this.#now = now;
    if (id) document.title = `${line(id, 60)} · GATI`;
    else refill(this.#bar, h("h1", {}, "Sessions"), FILTERS.map(([name, label]) => filter(name, label, query)));
    fill(this.#body, skeleton());
    this.#load(id, id ? {} : Object.fromEntries(FILTERS.map(([name]) => [name, query.get(name)])), 0);
  }

  /** @param {string} id @param {Record<string, string | null>} asked @param {number} tries */
  async #load(id, asked, tries) {
    const now = this.#now;
    const list = h(id ? "div" : "tbody", { class: id && "turns" });
    const state = h("p", { class: "problem", role: "alert" });
    const more = h("button", { onclick: () => read(more.value).catch((error) => fill(state, error.message)) }, "Show more");
    const read = async (/** @type {string} */ cursor) => {
      const page = await get(id ? `sessions/${encodeURIComponent(id)}` : "sessions", { ...asked, cursor });
      list.append(...(id ? page.runs.map(turn) : page.sessions.map(row)));
      more.value = page.next_cursor ?? "";
      more.hidden = !more.value;
      fill(state);
      return page;
    };
    try {
      const first = await read("");
      if (now === this.#now) fill(this.#body, id ? [head(first), list] : table(list), more, state);
    } catch (error) {
      if (now === this.#now) showError(this.#body, error, () => this.#load(id, asked, tries + 1), tries);
    }
  }
}

/** @param {string} name @param {string} label @param {URLSearchParams} query */
function filter(name, label, query) {
  const input = h("input", { type: "search", value: query.get(name) ?? "", placeholder: label, "aria-label": label, onchange: () => setQuery({ [name]: input.value.trim() }) });
  return input;
}

/** @param {HTMLElement} rows */
function table(rows) {
  return rows.firstChild
    ? frame(["Session", "Runs", "Cost", "Last seen", "Tokens in / out"], rows)
    : nothing("There is no such session.", h("p", {}, "Events name the session of their run as session_id, spans as session.id."));
}

/** @param {any} one */
function row(one) {
  return h("tr", {}, [
    [h("a", { href: link(["sessions", one.session_id]) }, line(one.session_id, 80)), h("div", { class: "quiet" }, line([...one.agents, one.user_id ?? ""].join(" · "), 120))],
    [count(one.run_count), one.truncated && "+", one.failed > 0 && h("div", { class: "error-text" }, `${count(one.failed)} failed`)],
    money(one.total_cost), when(one.last_seen), `${brief(one.tokens_in)} / ${brief(one.tokens_out)}`,
  ].map((cell) => h("td", {}, cell)));
}

/** @param {any} one */
function head(one) {
  return h("header", { class: "turns" },
    h("div", { class: "run-title" }, h("h1", {}, line(one.session_id)), h("a", { href: link(["runs"], { session_id: one.session_id }) }, "As a list")),
    h("div", { class: "run-figures" },
      one.user_id && figure("User", h("a", { href: link(["sessions"], { user_id: one.user_id }) }, line(one.user_id, 60))),
      figure("Agents", [...one.agents.flatMap((/** @type {string} */ name, /** @type {number} */ place) => [place ? " · " : "", h("a", { href: link(["agents", name]) }, line(name, 60))]), one.agent_count > one.agents.length && `and ${count(one.agent_count - one.agents.length)} more`]),
      COUNTS.map(([name, label]) => figure(label, count(one[name]))),
      figure("Cost", money(one.total_cost)), figure("Tokens in / out", `${count(one.tokens_in)} / ${count(one.tokens_out)}`),
      figure("First seen", when(one.first_seen)), figure("Last seen", when(one.last_seen)),
      one.truncated && h("p", {}, "Sums of its newest 100,000 runs")));
}

/** A run: what went in, what came out. @param {any} run */
function turn(run) {
  const error = errorText(run);
  return h("section", { class: "turn", "aria-label": line(run.run_name, 80) },
    h("div", { class: "run-title" }, statusMark(run.status), h("a", { href: link(["runs", run.run_id]) }, line(run.run_name, 100)), line(run.agent_name, 60),
      h("span", { class: "quiet run-actions" }, when(run.started_at), ` · ${duration(run.total_duration_ms)} · ${money(run.total_cost)}`)),
    conversation([lastMessage(run.first_input, "user"), lastMessage(run.last_output, "assistant")].flatMap((one) => one ?? [])),
    error && h("p", { class: "error-text" }, line(error, 400)));
}

/** @param {string} moment */
function when(moment) {
  return h("time", { title: exact(moment) }, ago(moment));
}

customElements.define("sessions-view", SessionsView);
