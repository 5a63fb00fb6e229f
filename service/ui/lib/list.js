// A list of any length of which only the rows on screen are elements.

import { fill, h, oncePerFrame } from "./dom.js";

const BEYOND = 8; // rows drawn above and below what is seen

/**
 * It scrolls by itself. `draw(index)` gives the element of a row; rows are of one height.
 */
export class VirtualList extends HTMLElement {
  count = 0;
  rowHeight = 28;
  /** @type {(index: number) => HTMLElement} */
  draw = () => h("div");
  /** Called with the first row on screen and the one after the last. @type {(first: number, end: number) => void} */
  onrange = () => {};

  #body = h("div", { class: "list-body", role: "presentation" });
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  #later = oncePerFrame(() => this.#show());
  #watch = new ResizeObserver(() => this.#later());

  connectedCallback() {
    if (!this.#body.parentNode) this.append(this.#body);
    this.addEventListener("scroll", this.#later, { passive: true });
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    this.removeEventListener("scroll", this.#later);
    this.#watch.disconnect();
  }

  /** Draw all rows on screen again: their number, height or content has changed. */
  refresh() {
    this.#body.style.height = `${this.count * this.rowHeight}px`;
    this.#rows.clear();
    fill(this.#body);
    this.#show();
  }

  /** Draw one row again, if it is on screen. @param {number} index */
  refreshRow(index) {
    const old = this.#rows.get(index);
    if (!old) return;
    const row = this.#placed(index);
    old.replaceWith(row);
    this.#rows.set(index, row);
  }

  /** Change the rows on screen, where drawing them again would be more than is needed. @param {(index: number, row: HTMLElement) => void} change */
  each(change) {
    for (const [index, row] of this.#rows) change(index, row);
  }

  /** There are more rows now; those on screen stay. @param {number} count */
  grow(count) {
    this.count = count;
    this.#body.style.height = `${this.count * this.rowHeight}px`;
    this.#later();
  }

  /** Scroll as little as shows a row; with `middle`, to the middle. @param {number} index */
  reveal(index, middle = false) {
    const top = index * this.rowHeight;
    const high = this.clientHeight;
    if (top >= this.scrollTop && top + this.rowHeight <= this.scrollTop + high) return;
    const far = Math.abs(top - this.scrollTop) > 2 * high || middle;
    if (far) this.scrollTop = top - (high - this.rowHeight) / 2;
    else this.scrollTop = top < this.scrollTop ? top : top + this.rowHeight - high;
    this.#show();
  }

  #show() {
    const first = Math.max(0, Math.floor(this.scrollTop / this.rowHeight) - BEYOND);
    const end = Math.min(this.count, Math.ceil((this.scrollTop + this.clientHeight) / this.rowHeight) + BEYOND);
    for (const [index, row] of this.#rows) {
      if (index < first || index >= end) {
        row.remove();
        this.#rows.delete(index);
      }
    }
    /** @type {HTMLElement[]} */
    const fresh = [];
    for (let index = first; index < end; index++) {
      if (this.#rows.has(index)) continue;
      const row = this.#placed(index);
      this.#rows.set(index, row);
      fresh.push(row);
    }
    this.#body.append(...fresh);
    this.onrange(Math.min(first + BEYOND, end), end - (end < this.count ? BEYOND : 0));
  }

  /** @param {number} index */
  #placed(index) {
    const row = this.draw(index);
    row.classList.add("list-row");
    row.style.height = `${this.rowHeight}px`;
    row.style.transform = `translateY(${index * this.rowHeight}px)`;
    if (this.hasAttribute("aria-rowcount")) row.setAttribute("aria-rowindex", String(index + 1));
    return row;
  }
}

customElements.define("virtual-list", VirtualList);
