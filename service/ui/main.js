// The frame of all views: navigation, time zone, key; and which view is shown.

import { askKeysBy, forgetKey, hasKey } from "./lib/api.js";
import { fill, h, refill } from "./lib/dom.js";
import { useZone, zoneName } from "./lib/format.js";
import { link, listen, match, path, query, setQuery } from "./lib/router.js";
import { api, root } from "./lib/places.js";
import { askForKey } from "./parts/key.js";
import { nothing, showError, skeleton } from "./parts/states.js";
import { routes } from "./routes.js";

/** @typedef {HTMLElement & {isKept?: boolean, show?: (params: Record<string, string>, query: URLSearchParams) => void}} View */

const place = h("main", { id: "view", tabindex: "-1" });
const links = h("nav", { "aria-label": "Views" });
const account = h("span");
let shown = /** @type {{name: string, view: View} | null} */ (null);
let turn = 0;
let at = path();
/** The heading of what one has gone to takes the focus, once it is there, unless one has gone on. */
const heading = new MutationObserver(focusHeading);
/** Views to which one comes back, as one left them. @type {Map<string, View>} */
const kept = new Map();

/** Show what the address says; the same view is told of a new address, another one takes its place. */
async function show() {
  const mine = ++turn;
  const zone = query().get("tz") ?? undefined;
  try {
    useZone(zone);
    zoneName();
    new Intl.DateTimeFormat(undefined, { timeZone: zone });
  } catch {
    useZone(undefined);
  }
  const found = match(routes, path());
  frame(found?.name ?? "");
  if (!found) {
    shown = null;
    document.title = "Not found · GATI";
    return fill(place, h("h1", { class: "off-screen" }, "Not found"), nothing("There is no such page.", h("a", { href: link(["runs"]) }, "All runs")));
  }
  if (shown?.name !== found.name) {
    shown = null;
    fill(place, skeleton());
    document.title = `${found.title} · GATI`;
    try {
      await found.load();
    } catch {
      return showError(place, new Error("A part of the page could not be loaded."), () => location.reload());
    }
    if (mine !== turn) return; // one has gone on meanwhile
    const view = kept.get(found.name) ?? /** @type {View} */ (document.createElement(found.tag));
    if (view.isKept) kept.set(found.name, view);
    shown = { name: found.name, view };
    fill(place, view);
  }
  shown.view.show?.(found.params, query());
  if (at === path()) return;
  at = path();
  place.focus();
  heading.observe(place, { childList: true, subtree: true });
  focusHeading();
}

function focusHeading() {
  const found = place.querySelector("h1");
  const isHere = document.activeElement === place;
  if (found || !isHere) heading.disconnect();
  if (!found || !isHere) return;
  found.tabIndex = -1;
  found.focus({ preventScroll: true });
}

/** Past the filters of a list, where there is one. */
function skip() {
  /** @type {HTMLElement} */ (place.querySelector("virtual-list a, [role=treegrid]") ?? place).focus();
}

/** @param {string} name */
function frame(name) {
  const now = name === "run" ? "runs" : name === "agent" ? "agents" : name === "session" ? "sessions" : name;
  refill(links, routes.filter((route) => route.nav).map((route) =>
    h("a", { href: link([route.path]), "aria-current": route.name === now && "page" }, route.title)));
  showZones();
  fill(
    account,
    hasKey() && h("button", { class: "quiet", title: "Forget the key of this tab", onclick: () => (forgetKey(), location.reload()) }, "Forget key"),
  );
  links.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const zones = h("select", { onchange: chooseZone });

/** All that is shown is made again, in the chosen zone. */
function chooseZone() {
  kept.clear();
  shown = null;
  setQuery({ tz: zones.value });
}

/** Offer the browser's own zone, some of the world, and the one of the address. */
function showZones() {
  const chosen = query().get("tz") ?? "";
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const names = new Set(["UTC", "America/Los_Angeles", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", chosen || own]);
  names.delete(own);
  const options = [["", own === "UTC" ? own : `${own} (yours)`], ...[...names].map((name) => [name, name])];
  if (zones.options.length !== options.length) fill(zones, options.map(([value, text]) => h("option", { value }, text)));
  zones.value = chosen === own ? "" : chosen;
}

// Relative in the document, it would be looked for beside each new address.
for (const icon of document.querySelectorAll("link[rel=icon]")) if (icon instanceof HTMLLinkElement) icon.href = String(icon.href);
askKeysBy(askForKey);
document.body.append(
  h("a", { class: "skip", href: "#view", onclick: (/** @type {Event} */ event) => (event.preventDefault(), skip()) }, "To the content"),
  h("header", { class: "frame" }, h("a", { class: "brand", href: root.pathname }, h("img", { src: document.querySelector("link")?.href, alt: "" }), "GATI"), links,
    h("div", { class: "tools" }, h("label", { class: "zone" }, h("span", { class: "off-screen" }, "Time zone"), zones), account,
      h("a", { href: new URL("docs", api).pathname, target: "_blank", class: "quiet" }, "API"))),
  place,
  h("p", { id: "said", class: "off-screen", role: "status" }),
);
listen(show);
