// The series of a plot from the answer of /api/metrics/timeseries: the largest ones, and all others as one; none of zeros alone.

export const MOST = 9;
export const OTHERS = "all others";

/** @typedef {{name: string, values: number[]}} Series */

/** @param {any} answer @param {boolean} isSum whether values may be added @returns {Series[]} */
export function seriesOf(answer, isSum) {
  const all = answer.series.map((/** @type {any} */ one) => ({
    name: one.group ?? (answer.group_by ? "(none)" : "all"), values: one.points.map((/** @type {any} */ point) => Number(point.value)),
  })).filter((/** @type {Series} */ one) => one.values.some(Boolean));
  const [first, rest] = [all.slice(0, MOST), all.slice(MOST)];
  if (!rest.length || !isSum) return first;
  const sums = first[0].values.map((/** @type {number} */ _, /** @type {number} */ at) => rest.reduce((/** @type {number} */ sum, /** @type {Series} */ one) => sum + Number(one.values[at]), 0));
  return [...first, { name: `${OTHERS} (${rest.length})`, values: sums }];
}

/** One number for a series over all its time: its sum, of percentiles the highest. @param {number[]} values @param {boolean} isSum */
export function overall(values, isSum) {
  return isSum ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
}

/** The top of an axis: a little above, and with a round half @param {number} most */
export function roundUp(most) {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * /** @type {number} */ ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((one) => one * power >= most * (1 - 1e-9)));
}
