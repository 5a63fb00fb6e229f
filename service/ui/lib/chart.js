// Small charts as SVG: bars and a line over time. Every one says its values in a text as well.

import { h, set, svg } from "./dom.js";

/**
 * A line without axes.
 * @param {number[]} values @param {string} label what it shows, for who cannot see it
 */
export function sparkline(values, label, width = 120, height = 24) {
  const most = Math.max(...values, 0);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const points = values.map((value, index) => {
    const y = most ? height - 2 - (value / most) * (height - 4) : height - 2;
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const area = `0,${height} ${points.join(" ")} ${width},${height}`;
  return svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("polygon", { class: "spark-area", points: area }),
    svg("polyline", { class: "spark-line", points: points.join(" "), "vector-effect": "non-scaling-stroke" }),
  );
}

/** @typedef {{label: string, value: number, part?: number, text: string}} Bar `part`: how much of it is bad */

/**
 * Bars over time; each says its text when it is pointed at.
 * @param {Bar[]} bars @param {string} label @param {(index: number) => void} [pick]
 */
export function bars(bars, label, pick) {
  const [width, height] = [bars.length * 10, 60];
  const most = Math.max(...bars.map((bar) => bar.value), 0) || 1;
  const drawn = bars.map((bar, index) => {
    const high = (bar.value / most) * (height - 2);
    const bad = bar.part ? Math.max(2, (bar.part / most) * (height - 2)) : 0;
    const box = { x: index * 10 + 1, width: 8 };
    return svg(
      "g",
      { class: "bar-of-time", onclick: pick && (() => pick(index)) },
      svg("title", {}, bar.text),
      svg("rect", { x: index * 10, y: 0, width: 10, height, fill: "transparent" }),
      svg("rect", { ...box, class: "bar-whole", y: height - high, height: high }),
      bad > 0 && svg("rect", { ...box, class: "bar-part", y: height - bad, height: bad }),
    );
  });
  return svg(
    "svg",
    { class: "bars", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    ...drawn,
  );
}

const STEP = 10; // of a viewBox, for each moment
const HIGH = 100;

/**
 * Series over time, stacked as bars or as lines. One points at a moment with the mouse, or with the arrow keys.
 * @param {{values: number[], color: number}[]} series @param {number} count of moments @param {number} top of the axis
 * @param {{isLines: boolean, hasGaps: boolean, label: string, textAt: (index: number) => string, point: (index: number) => void}} look `hasGaps`: 0 is no value
 */
export function plot(series, count, top, { isLines, hasGaps, label, textAt, point }) {
  const y = (/** @type {number} */ value) => +(HIGH - (value / top) * HIGH).toFixed(2);
  const path = (/** @type {string} */ kind, /** @type {string} */ d) => svg("path", { class: kind, d, "vector-effect": "non-scaling-stroke" });
  const below = new Float64Array(count);
  const drawn = series.map(({ values, color }) => path(`${isLines ? "plot-line" : "plot-bar"} color-${color}`, values.map((value, at) => {
    if (isLines) return hasGaps && !value ? "" : `${at && (!hasGaps || values[at - 1]) ? "L" : "M"}${(at + 0.5) * STEP} ${y(value)}h0`;
    const from = y(below[at] ?? 0);
    return value ? `M${at * STEP + 1} ${from}h${STEP - 2}V${y((below[at] += value))}h${2 - STEP}z` : "";
  }).join("")));
  const mark = svg("rect", { class: "plot-mark", width: STEP, height: HIGH, x: -STEP });
  const picture = svg("svg", { viewBox: `0 0 ${count * STEP} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" }, path("plot-grid", [0.5, 50, 99.5].map((at) => `M0 ${at}H${count * STEP}`).join("")), mark, ...drawn);
  const element = h("div", { class: "plot", tabindex: "0", role: "slider", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": count - 1, "aria-valuenow": 0 }, picture);
  let now = -1;
  const go = (/** @type {number} */ to) => {
    now = Math.min(count - 1, to);
    mark.setAttribute("x", String(now * STEP));
    set(element, { "aria-valuenow": Math.max(0, now), "aria-valuetext": now < 0 ? null : textAt(now) });
    point(now);
  };
  const place = (/** @type {PointerEvent} */ event) => {
    const box = picture.getBoundingClientRect();
    return Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * count));
  };
  set(element, {
    onpointermove: (/** @type {PointerEvent} */ event) => go(place(event)), onpointerleave: () => go(-1), onblur: () => go(-1),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const to = { ArrowLeft: Math.max(0, now - 1), ArrowRight: now + 1, Home: 0, End: count, Escape: -1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      go(to);
    },
  });
  return element;
}
