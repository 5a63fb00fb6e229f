// What stands in place of data: while it loads, where there is none, where something went wrong.

import { ApiError } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";

const LONGEST_WAIT = 30;

/** Grey lines in the place of rows. @param {number} rows */
export function skeleton(rows = 8) {
  const lines = Array.from({ length: rows }, (_, index) =>
    h("div", { class: "skeleton-row", "--share": `${30 + ((index * 37) % 60)}%` }));
  return h("div", { class: "skeleton", role: "status", "aria-label": "Loading" }, lines);
}

/** @param {string} title @param {...import("../lib/dom.js").Child} more */
export function nothing(title, ...more) {
  return h("div", { class: "nothing" }, h("p", { class: "nothing-title" }, title), ...more);
}

/** What to do about an error. @param {unknown} error */
function advice(error) {
  if (!(error instanceof ApiError)) return "A fault of the page. Load it again; if it stays, report what stands here.";
  if (error.status === 404) return "It may have been deleted, or its events have not come yet.";
  if (error.status === 413) return "There is more than one answer may hold. Narrow what is asked for.";
  if (error.status === 429) return "The service limits requests for each client.";
  if (error.status === 0) return "Check that the service runs and that this machine reaches it.";
  if (error.isPassing) return "The database may be restarting, or the request took too long.";
  return "";
}

/**
 * An error that says what to do. One that may pass is tried again by itself, each time later.
 * It is put into `host`; `again` is called at most once.
 * @param {Element} host @param {unknown} error @param {() => void} again @param {number} tries so many failed before
 */
export function showError(host, error, again, tries = 0) {
  const passing = error instanceof ApiError && error.isPassing;
  const text = error instanceof Error ? error.message : String(error);
  const countdown = h("span");
  let left = Math.min(LONGEST_WAIT, 2 ** (tries + 1));
  if (error instanceof ApiError && error.wait) left = Math.max(left, error.wait);
  const retry = () => {
    clearInterval(timer);
    again();
  };
  const panel = h(
    "div",
    { class: "trouble", role: "alert" },
    h("p", { class: "trouble-title" }, text),
    h("p", {}, advice(error), " ", countdown),
    h("button", { onclick: retry }, "Try again"),
  );
  fill(host, panel);
  const tick = () => {
    if (!panel.isConnected) clearInterval(timer);
    else if (left <= 0) retry();
    else countdown.textContent = `Next try in ${left--} s.`;
  };
  const timer = passing ? setInterval(tick, 1000) : 0;
  if (passing) tick();
}
