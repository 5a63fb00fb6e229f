// Elements from data: a text becomes a text node, never markup.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, any>} Attributes */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `on…` are listeners, `--…` custom properties, true and false set and leave out. A button sends no form by itself.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Attributes} [attributes] @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (tag === "button") element.setAttribute("type", tag);
  set(element, attributes);
  element.append(...nodes(children));
  return element;
}

/** An element of SVG. @param {string} tag @param {Attributes} attributes @param {...Child} children @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  set(element, attributes);
  element.append(...nodes(children));
  return element;
}

/** @param {HTMLElement | SVGElement} element @param {Attributes} attributes */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) element.removeAttribute(name);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** @param {(Child | Child[])[]} children @returns {(Node | string)[]} */
function nodes(children) {
  return children.flat().filter((one) => one != null && one !== false).map((one) => (one instanceof Node ? one : String(one)));
}

/** Put children in the place of all that an element has. @param {Element} element @param {...(Child | Child[])} children */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** Fill an element again; the focus goes to what stands in the place of what had it. @param {Element} element @param {...(Child | Child[])} children */
export function refill(element, ...children) {
  const named = (/** @type {Element} */ one) => `${one.tagName} ${one.getAttribute("aria-label") ?? one.getAttribute("data-name") ?? one.textContent}`;
  const active = document.activeElement;
  const name = active && element.contains(active) ? named(active) : "";
  fill(element, ...children);
  if (!name) return;
  const same = [...element.querySelectorAll("a, button, select, input, summary, h1")].find((one) => named(one) === name);
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}

/** Call no more than once a frame. @param {() => void} work @returns {() => void} */
export function oncePerFrame(work) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      work();
    });
  };
}

/** Call once nothing was asked for that long. @template {any[]} A @param {number} ms @param {(...given: A) => void} work */
export function afterPause(ms, work) {
  let timer = 0;
  return (/** @type {A} */ ...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), ms);
  };
}

/** Copy a text; false where the browser does not let us. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { class: "off-screen" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy"); // without https there is no other way
    field.remove();
    return done;
  }
}

/** Offer a text as a file. @param {string} name @param {BlobPart} text @param {string} type */
export function download(name, text, type = "application/json") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
