// Addresses: all state of a view is in the URL, so that a link shows the same to everybody.

import { root } from "./places.js";

/** @typedef {{name: string, path: string, tag: string, title: string, nav?: string, load: () => Promise<unknown>}} Route */
/** @typedef {{name: string, tag: string, title: string, params: Record<string, string>, load: () => Promise<unknown>}} Found */

const KEPT = ["tz"]; // parameters that every link takes along

/** The route of a path below the root, by `runs/{run_id}`. @param {Route[]} routes @param {string} path @returns {Found | null} */
export function match(routes, path) {
  const parts = path.split("/").filter((part) => part !== "");
  for (const route of routes) {
    const wanted = route.path.split("/").filter((part) => part !== "");
    if (wanted.length !== parts.length) continue;
    const params = read(wanted, parts);
    if (params) return { ...route, params };
  }
  return null;
}

/** @param {string[]} wanted @param {string[]} parts */
function read(wanted, parts) {
  const params = /** @type {Record<string, string>} */ ({});
  for (const [index, name] of wanted.entries()) {
    const part = /** @type {string} */ (parts[index]);
    if (!name.startsWith("{")) {
      if (name !== part) return null;
      continue;
    }
    try {
      params[name.slice(1, -1)] = decodeURIComponent(part);
    } catch {
      return null;
    }
  }
  return params;
}

/** The address of a view; empty parameters are left out. @param {string[]} parts @param {Record<string, any>} query */
export function link(parts, query = {}) {
  const url = new URL(parts.map(encodeURIComponent).join("/"), root);
  const now = new URLSearchParams(location.search);
  for (const name of KEPT) if (now.get(name)) url.searchParams.set(name, /** @type {string} */ (now.get(name)));
  for (const [name, value] of Object.entries(query)) {
    if (value == null || value === "" || value === false) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  return url.pathname + url.search;
}

/** The parameters of the address. */
export function query() {
  return new URLSearchParams(location.search);
}

/** Change parameters of the address; null leaves one out. What is looked at by moving replaces the entry of the history. @param {Record<string, any>} changes @param {boolean} replace */
export function setQuery(changes, replace = false) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "" || value === false) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  if (url.href !== location.href) go(url.pathname + url.search, replace);
}

/** Go to an address of the page. @param {string} href @param {boolean} replace */
export function go(href, replace = false) {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  dispatchEvent(new Event("gati:address"));
}

/** Call at each address, beginning with this one; links within the page load no new page. @param {() => void} show */
export function listen(show) {
  addEventListener("popstate", show);
  addEventListener("gati:address", show);
  document.addEventListener("click", (event) => {
    const anchor = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!anchor || !isPlain || event.defaultPrevented || anchor.target || anchor.hasAttribute("download")) return;
    const url = new URL(anchor.href);
    if (url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return;
    event.preventDefault();
    if (url.href !== location.href) go(url.pathname + url.search);
  });
  show();
}

/** The part of the address below the root. */
export function path() {
  return location.pathname.startsWith(root.pathname) ? location.pathname.slice(root.pathname.length) : "";
}
