// Small charts as SVG: bars and a line over time. Every one says its values in a text as well.

import { svg } from "./dom.js";

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
