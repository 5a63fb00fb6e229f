// From time to place: the part of a run that is looked at, and the marks of its ruler.

const STEPS = [1, 2, 5];
const MINUTE = 60_000;
// Of a minute and more a step is a part or a multiple of what people count in.
const LONG_STEPS = [15_000, 30_000, ...[1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440].map((minutes) => minutes * MINUTE)];

/** The range within the run; never empty. @param {number} from @param {number} to @param {number} length */
export function clamp(from, to, length) {
  const least = Math.max(length / 100_000, 0.001);
  const low = Math.min(Math.max(0, Math.min(from, to)), Math.max(0, length - least));
  return /** @type {[number, number]} */ ([low, Math.max(low + least, Math.min(length, Math.max(from, to)))]);
}

/** Read `from-to` in milliseconds; the whole where there is none. @param {string | null} text @param {number} length */
export function readRange(text, length) {
  const found = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text ?? "");
  return found ? clamp(Number(found[1]), Number(found[2]), length) : clamp(0, length, length);
}

/** The range as a text of the address; empty for the whole. @param {[number, number]} range @param {number} length */
export function rangeText([from, to], length) {
  if (from <= 0 && to >= length) return "";
  const digits = to - from < 1 ? 4 : to - from < 1000 ? 2 : 0;
  return `${from.toFixed(digits)}-${to.toFixed(digits)}`;
}

/** Zoom about a moment: below 1 it comes nearer. @param {[number, number]} range @param {number} about @param {number} factor @param {number} length */
export function zoom([from, to], about, factor, length) {
  return clamp(about - (about - from) * factor, about + (to - about) * factor, length);
}

/** Move by a share of what is seen. @param {[number, number]} range @param {number} share @param {number} length */
export function pan([from, to], share, length) {
  const wide = to - from;
  const low = Math.min(Math.max(0, from + wide * share), Math.max(0, length - wide));
  return clamp(low, low + wide, length);
}

/** Round moments of a range, about `most` of them. @param {[number, number]} range @param {number} most */
export function ticks([from, to], most) {
  const rough = (to - from) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const long = rough > 10_000 ? LONG_STEPS.find((one) => one >= rough) : undefined;
  const step = long ?? power * (STEPS.find((one) => one * power >= rough) ?? 10);
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}
