// Which event of one run stands for which of another: their trees beside each other, from the roots down.

import { kindOf } from "../parts/icons.js";
import { value } from "../trace/model.js";

/** @typedef {import("../trace/model.js").Trace} Trace */
/** @typedef {"own" | "cost" | "tokens"} Figure of an event alone, without what is below it */
/**
 * @typedef {object} Pair
 * @property {number[]} rows of both traces; -1: the other run alone has it
 * @property {number} depth
 * @property {Record<Figure, number[]>} figures
 * @property {string[]} words what differs
 */
/** @typedef {((trace: Trace, row: number) => string | number | undefined)[]} Likenesses */

const LEAST_SHARE = 0.2; // of the longer one
const LEAST_OF_RUN = 0.01;

/** @type {Likenesses[0]} */
const nameOf = (trace, row) => `${value(trace, row, "event_type")}\n${value(trace, row, "name") ?? ""}`;

/** The rows from `row` to `last`, without what is below each. @param {Trace} trace @param {number} row @param {number} last */
function siblings(trace, row, last) {
  const found = [];
  for (; row <= last; row = trace.last[row] + 1) found.push(row);
  return found;
}

/** @param {Trace} trace @param {number} row */
const childrenOf = (trace, row) => (row < 0 ? [] : siblings(trace, row + 1, trace.last[row]));

/** A number for each row: the same for subtrees of the same types and names. @param {Trace} trace @param {Map<string, number>} known */
function shapesOf(trace, known) {
  const shapes = new Int32Array(trace.size);
  for (let row = trace.size - 1; row >= 0; row--) {
    const shape = `${nameOf(trace, row)}\n${childrenOf(trace, row).map((child) => shapes[child])}`;
    if (!known.has(shape)) known.set(shape, known.size);
    shapes[row] = /** @type {number} */ (known.get(shape));
  }
  return shapes;
}

/**
 * All events of both runs in the order of the tree, in time that grows with their number.
 * Among children of the same event those go together first that have the same below them and the same output, then those
 * with the same below them, then those of the same type and name; calls of models, and roots, also under another name.
 * @param {Trace} a @param {Trace} b @returns {Pair[]}
 */
export function match(a, b) {
  const known = new Map();
  const shapes = new Map([a, b].map((trace) => [trace, shapesOf(trace, known)]));
  /** @type {Likenesses[0]} */
  const shapeOf = (trace, row) => shapes.get(trace)?.[row];
  /** @type {Likenesses} */
  const likenesses = [(trace, row) => `${shapeOf(trace, row)} ${value(trace, row, "output_digest")}`, shapeOf, nameOf, (trace, row) => {
    const type = value(trace, row, "event_type");
    return !trace.depth[row] || kindOf(type) === "llm" ? type : undefined;
  }];
  /** @type {Pair[]} */
  const found = [];
  const open = beside(a, siblings(a, 0, a.size - 1), b, siblings(b, 0, b.size - 1), likenesses).reverse();
  for (let rows = open.pop(); rows; rows = open.pop()) {
    found.push(pairOf(a, b, rows));
    for (const below of beside(a, childrenOf(a, rows[0]), b, childrenOf(b, rows[1]), likenesses).reverse()) open.push(below);
  }
  return found;
}

/**
 * The children of two events: in the order of the first run, what only the second has before what follows it there.
 * @param {Trace} a @param {number[]} ours @param {Trace} b @param {number[]} theirs @param {Likenesses} likenesses @returns {[number, number][]}
 */
function beside(a, ours, b, theirs, likenesses) {
  /** @type {Map<number, number>} */
  const partners = new Map();
  const alone = new Set(theirs);
  for (const like of likenesses) {
    if (!alone.size || partners.size === ours.length) break;
    /** @type {Map<string | number | undefined, number[]>} */
    const waiting = new Map();
    for (const row of [...alone].reverse()) {
      const key = like(b, row);
      if (waiting.has(key)) waiting.get(key)?.push(row);
      else if (key !== undefined) waiting.set(key, [row]);
    }
    for (const row of ours) {
      const partner = partners.has(row) ? undefined : waiting.get(like(a, row))?.pop();
      if (partner === undefined) continue;
      partners.set(row, partner);
      alone.delete(partner);
    }
  }
  const rest = [...alone, Infinity];
  let next = 0;
  return [...ours, -1].flatMap((row) => {
    const partner = row < 0 ? Infinity : partners.get(row) ?? -1;
    const from = next;
    while (/** @type {number} */ (rest[next]) < partner) next++;
    const before = rest.slice(from, next).map((one) => /** @type {[number, number]} */ ([-1, one]));
    return row < 0 ? before : [...before, [row, partner]];
  });
}

/** @param {Trace} a @param {Trace} b @param {number[]} rows @returns {Pair} */
function pairOf(a, b, rows) {
  const [one, other] = /** @type {[number, number]} */ (rows);
  const both = (/** @type {string} */ name) => [value(a, one, name), value(b, other, name)];
  const sum = (/** @type {string[]} */ ...names) => names.map(both).reduce((sums, pair) => sums.map((had, side) => had + Number(pair[side] ?? 0)), [0, 0]);
  const figures = { own: sum("self_time_ms"), cost: sum("cost"), tokens: sum("tokens_in", "tokens_out") };
  const words = one < 0 ? ["only in B"] : other < 0 ? ["only in A"] : [];
  if (!words.length) {
    for (const [name, word] of [["is_error", "error"], ["name", "name"], ["model", "model"], ["status", "status"], ["output_digest", "output"]]) {
      const [ours, theirs] = both(/** @type {string} */ (name));
      if ((ours ?? null) !== (theirs ?? null)) words.push(/** @type {string} */ (word));
    }
    for (const name of /** @type {Figure[]} */ (["cost", "tokens"])) if (figures[name][0] !== figures[name][1]) words.push(name);
    const [ours = 0, theirs = 0] = figures.own;
    if (Math.abs(ours - theirs) > Math.max(LEAST_SHARE * Math.max(ours, theirs), LEAST_OF_RUN * Math.max(a.length, b.length))) words.push("time");
  }
  return { rows, depth: one < 0 ? b.depth[other] : a.depth[one], figures, words };
}

/** By how much a figure differs. @param {Pair} pair @param {Figure} figure */
export function gap({ figures }, figure) {
  const [one = 0, other = 0] = figures[figure];
  return Math.abs(one - other);
}

/** Texts around what differs: the same before, what each has instead, the same after. @param {string} one @param {string} other @returns {[string, string[], string]} */
export function splitTexts(one, other) {
  const least = Math.min(one.length, other.length);
  let [before, after] = [0, 0];
  while (before < least && one[before] === other[before]) before++;
  while (after < least - before && one.at(-1 - after) === other.at(-1 - after)) after++;
  return [one.slice(0, before), [one, other].map((text) => text.slice(before, text.length - after)), one.slice(one.length - after)];
}
