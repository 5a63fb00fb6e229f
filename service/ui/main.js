// The frame of all views: navigation, time zone, key; and which view is shown.

import { askKeysBy, forgetKey, hasKey } from "./lib/api.js";
import { fill, h } from "./lib/dom.js";
import { useZone, zoneName } from "./lib/format.js";
import { link, listen, match, path, query, setQuery } from "./lib/router.js";
import { api, root } from "./lib/places.js";
import { askForKey } from "./parts/key.js";
import { nothing, showError, skeleton } from "./parts/states.js";
import { icon } from "./parts/icons.js";
import { routes } from "./routes.js";

/** @typedef {HTMLElement & {show?: (params: Record<string, string>, query: URLSearchParams) => void}} View */

const place = h("main", { id: "view", tabindex: "-1" });
const links = h("nav", { "aria-label": "Views" });
const tools = h("div", { class: "tools" });
let shown = /** @type {{name: string, view: View} | null} */ (null);

/** Show what the address says; the same view is told of a new address, another one takes its place. */
async function show() {
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
    return fill(place, h("h1", { class: "off-screen" }, "Not found"), nothing("There is no such page.", h("a", { href: link(["runs"]) }, "All runs")));
  }
  if (shown?.name !== found.name) {
    fill(place, skeleton());
    document.title = `${found.title} · GATI`;
    try {
      await found.load();
    } catch {
      return showError(place, new Error("A part of the page could not be loaded."), () => location.reload());
    }
    const view = /** @type {View} */ (document.createElement(found.tag));
    shown = { name: found.name, view };
    fill(place, view);
  }
  shown.view.show?.(found.params, query());
}

/** @param {string} name */
function frame(name) {
  const now = name === "run" ? "runs" : name === "agent" ? "agents" : name;
  fill(links, routes.filter((route) => route.nav).map((route) =>
    h("a", { href: link([route.path]), "aria-current": route.name === now && "page" }, route.title)));
  fill(
    tools,
    h("label", { class: "zone" }, h("span", { class: "off-screen" }, "Time zone"), zones()),
    hasKey() && h("button", { type: "button", class: "quiet", title: "Forget the key of this tab", onclick: () => (forgetKey(), location.reload()) }, "Forget key"),
    h("a", { href: new URL("docs", api).pathname, target: "_blank", class: "quiet" }, "API"),
  );
}

function zones() {
  const chosen = query().get("tz") ?? "";
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const names = new Map([["", own === "UTC" ? "UTC" : `${own} (yours)`], ["UTC", "UTC"]]);
  if (own === "UTC") names.delete("UTC");
  if (chosen && !names.has(chosen)) names.set(chosen, chosen);
  for (const name of ["America/Los_Angeles", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"]) names.set(name, name);
  const select = h("select", {}, [...names].map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  select.addEventListener("change", () => {
    const name = shown?.name;
    shown = null;
    setQuery({ tz: select.value });
    if (name === undefined) show();
  });
  return select;
}

// Relative in the document, it would be looked for beside each new address.
for (const icon of document.querySelectorAll("link[rel=icon]")) if (icon instanceof HTMLLinkElement) icon.href = String(icon.href);
askKeysBy(askForKey);
document.body.append(
  h("a", { class: "skip", href: "#view", onclick: (/** @type {Event} */ event) => (event.preventDefault(), place.focus()) }, "To the content"),
  h("header", { class: "frame" }, h("a", { class: "brand", href: root.pathname }, icon("node"), "GATI"), links, tools),
  place,
);
listen(show);
