// The versions of an agent beside each other, with the averages of their scores.

import { getExact } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { ago, brief, count, duration, line, money, percent } from "../lib/format.js";
import { link } from "../lib/router.js";
import { dataTable, figuresHead } from "../parts/table.js";

const MOST_SCORES = 6;

/** What scores come to: an average, a share of true, the most frequent category. @param {any} group */
function scoreText(group) {
  if (!group) return "–";
  const [most] = group.categories ?? [];
  if (most) return `${line(most.value, 30)} ${percent(most.share)}`;
  return group.kind === "boolean" ? percent(group.average) : brief(Number(group.average));
}

/** A section; nothing where there are neither versions nor scores. @param {string} agent @param {{from: string, to: string}} window */
export async function versions(agent, { from, to }) {
  const [found, scores] = await Promise.all([getExact("metrics/versions", { agent, from, to }), getExact("metrics/scores", { agent, from, to, group_by: "version" })]);
  const rows = found.body.versions;
  const names = [...new Set(scores.body.groups.map((/** @type {any} */ one) => one.name))].slice(0, MOST_SCORES);
  if (!names.length && rows.every((/** @type {any} */ one) => !one.version)) return null;
  const groupOf = (/** @type {any} */ row, /** @type {string} */ name) => scores.body.groups.find((/** @type {any} */ one) => one.name === name && one.version === row.version);
  /** @type {import("../parts/table.js").Column[]} */
  const columns = [
    ["Version", (row) => row.version ?? "(none)", (_, { version }) => (version ? h("a", { href: link(["runs"], { agent, version }) }, line(version, 60)) : "(none)")],
    ["Runs", (row) => row.runs, count], ["Failed", (row) => row.failure_rate, (share) => h("span", { class: share > 0 && "error-text" }, percent(share))],
    ["Cost per run", (row) => row.cost_per_run, money], ["Tokens per run", (row) => Math.round((row.tokens_in + row.tokens_out) / row.runs), brief], ["p50", (row) => row.p50_ms, duration], ["p95", (row) => row.p95_ms, duration],
    ...names.map((name) => /** @type {import("../parts/table.js").Column} */ ([`Score: ${name}`, (row) => groupOf(row, name)?.average ?? groupOf(row, name)?.categories?.[0]?.value, (_, row) => scoreText(groupOf(row, name))])),
    ["Last seen", (row) => row.last_seen, (moment) => ago(moment)],
  ];
  return h("section", { class: "figures-body" }, figuresHead("Versions", columns, rows, found), dataTable(columns, rows, "Versions"));
}
