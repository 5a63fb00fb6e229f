// Every view with its address. To add one: a module in views/ that defines the element, and a line here.

/** @type {import("./lib/router.js").Route[]} */
export const routes = [
  { name: "overview", path: "", tag: "overview-view", title: "Overview", nav: "overview", load: () => import("./views/overview.js") },
  { name: "runs", path: "runs", tag: "runs-view", title: "Runs", nav: "runs", load: () => import("./views/runs.js") },
  { name: "run", path: "runs/{run_id}", tag: "run-view", title: "Run", load: () => import("./views/run.js") },
  { name: "agents", path: "agents", tag: "agents-view", title: "Agents", nav: "agents", load: () => import("./views/agents.js") },
  { name: "agent", path: "agents/{agent}", tag: "agent-view", title: "Agent", load: () => import("./views/agent.js") },
  { name: "sessions", path: "sessions", tag: "sessions-view", title: "Sessions", nav: "sessions", load: () => import("./views/sessions.js") },
  { name: "session", path: "sessions/{id}", tag: "sessions-view", title: "Session", load: () => import("./views/sessions.js") },
  { name: "metrics", path: "metrics", tag: "metrics-view", title: "Metrics", nav: "metrics", load: () => import("./views/metrics.js") },
  { name: "compare", path: "compare", tag: "compare-view", title: "Compare", load: () => import("./views/compare.js") },
  { name: "live", path: "live", tag: "live-view", title: "Live", nav: "live", load: () => import("./views/live.js") },
];
