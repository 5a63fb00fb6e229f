// Idle time: where nothing ran. Folded, it takes little of the width, so that the rest can be seen.

import { PARENT } from "./model.js";

const PIECES = 1000; // of a run: what is finer is no gap
const LEAST = 0.03; // of the run's length
const FOLDED = 0.05; // of the time that is not idle

/** @typedef {{from: number, to: number, at: number, end: number}} Gap in milliseconds of the run, and where it is drawn */

/** The long times of a run in which no event ran that has none below it, and none began or ended. @param {import("./model.js").Trace} trace @returns {[number, number][]} */
export function idle(trace) {
  const { size, start, end, flags, length } = trace;
  if (!length || trace.isPart) return [];
  const changes = new Int32Array(PIECES + 1);
  const piece = (/** @type {number} */ at) => Math.min(PIECES - 1, Math.floor((at / length) * PIECES));
  const run = (/** @type {number} */ from, /** @type {number} */ to) => {
    changes[piece(from)]++;
    changes[piece(to) + 1]--;
  };
  for (let row = 0; row < size; row++) {
    if (flags[row] & PARENT) {
      run(start[row], start[row]);
      run(end[row], end[row]);
    } else run(start[row], end[row]);
  }
  /** @type {[number, number][]} */
  const found = [];
  let [running, from] = [0, -1];
  for (let at = 0; at <= PIECES; at++) {
    running += changes[at];
    if (!running && at < PIECES) from = from < 0 ? at : from;
    else if (from >= 0) {
      if (at - from >= PIECES * LEAST) found.push(exact(trace, (from / PIECES) * length, (at / PIECES) * length));
      from = -1;
    }
  }
  return found;
}

/** A gap from the last that was before it to the first that comes after. @param {import("./model.js").Trace} trace @param {number} from @param {number} to @returns {[number, number]} */
function exact({ start, end, length }, from, to) {
  let [low, high] = [0, length];
  for (const times of [start, end]) {
    for (const at of times) {
      if (at <= from && at > low) low = at;
      else if (at >= to && at < high) high = at;
    }
  }
  return [low, high];
}

/** The trace as it is drawn with its idle time folded, and where its gaps are. @param {import("./model.js").Trace} trace @returns {{trace: import("./model.js").Trace, gaps: Gap[]}} */
export function fold(trace) {
  const found = idle(trace);
  const wide = FOLDED * (trace.length - found.reduce((sum, [from, to]) => sum + to - from, 0));
  /** @type {Gap[]} */
  const gaps = [];
  let saved = 0;
  for (const [from, to] of found) {
    gaps.push({ from, to, at: from - saved, end: from - saved + wide });
    saved += to - from - wide;
  }
  const [start, end] = [trace.start, trace.end].map((times) => times.map((at) => folded(gaps, at)));
  return { trace: { ...trace, start: /** @type {Float64Array} */ (start), end: /** @type {Float64Array} */ (end), length: folded(gaps, trace.length) }, gaps };
}

/** Where a moment is drawn. @param {Gap[]} gaps @param {number} moment */
export function folded(gaps, moment) {
  return moved(gaps, moment, "from", "to", "at", "end");
}

/** The moment that is drawn there. @param {Gap[]} gaps @param {number} at */
export function unfolded(gaps, at) {
  return moved(gaps, at, "at", "end", "from", "to");
}

/** @param {Gap[]} gaps @param {number} moment @param {keyof Gap} from @param {keyof Gap} to @param {keyof Gap} newFrom @param {keyof Gap} newTo */
function moved(gaps, moment, from, to, newFrom, newTo) {
  let shift = 0;
  for (const gap of gaps) {
    if (moment <= gap[from]) break;
    if (moment < gap[to]) return gap[newFrom] + ((moment - gap[from]) / (gap[to] - gap[from])) * (gap[newTo] - gap[newFrom]);
    shift = gap[newTo] - gap[to];
  }
  return moment + shift;
}
