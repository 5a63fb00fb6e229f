// While nothing is stored: how to send the first event to this very address.

import { h } from "../lib/dom.js";
import { api } from "../lib/places.js";
import { hasKey } from "../lib/api.js";
import { snippet } from "./copy.js";

const SDK = `python - <<'END'
from gati import observe
from gati.decorators import track_agent
observe.init(name="hello", telemetry=False)
@track_agent(name="hello")
def answer(question): return "A bird."
answer("What is a falcon?")
observe.flush()
END`;
const OTEL = `opentelemetry-instrument python - <<'END'  # or your_agent.py
from opentelemetry.trace import get_tracer
get_tracer("hello").start_span("hello").end()
END`;

/** The snippets, with the address at which this page is. @param {string} base @param {boolean} withKey @param {string} runId */
export function snippets(base, withKey, runId) {
  const time = new Date().toISOString();
  const header = withKey ? " \\\n  -H 'Authorization: Bearer YOUR_INGEST_KEY'" : "";
  const data = `{"events": [{\n    "run_id": "${runId}", "timestamp": "${time}",\n    "agent_name": "hello", "event_type": "agent_start", "data": {"input": "What is a falcon?"}}]}`;
  const [sdkKey, key] = withKey ? ["export GATI_API_KEY=YOUR_INGEST_KEY\n", "\nexport OTEL_EXPORTER_OTLP_HEADERS='Authorization=Bearer%20YOUR_INGEST_KEY'"] : ["", ""];
  return {
    sdk: `pip install gati\nexport GATI_BACKEND_URL=${base}\n${sdkKey}${SDK}`,
    otel: `pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${base}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=my-agent${key}\n${OTEL}`,
    curl: `curl -s ${base}/api/events \\\n  -H 'Content-Type: application/json'${header} \\\n  -d '${data}'`,
  };
}

/** The panel; the view that shows it looks for the first run meanwhile. */
export function welcome() {
  const base = api.href.replace(/\/$/, "");
  const found = snippets(base, hasKey(), randomId());
  const way = (/** @type {string} */ title, /** @type {string} */ text, /** @type {string} */ code) =>
    h("section", { class: "way" }, h("h3", {}, title), h("p", {}, text), snippet(code, title));
  return h(
    "div",
    { class: "welcome" },
    h("h2", {}, "Nothing is stored yet"),
    h("p", {}, "Send a first event in one of these ways. It appears here by itself."),
    way("The GATI SDK", "For agents that use its decorators, LangChain or LangGraph.", found.sdk),
    way("OpenTelemetry", "For whatever sends traces over OTLP/HTTP, with an instrumentation also without a change of code.", found.otel),
    way("curl", "To see it work.", found.curl),
    h("p", { class: "waiting", role: "status" }, h("span", { class: "pulse" }), "Waiting for the first event…"),
  );
}

/** A UUID; crypto.randomUUID needs https. */
function randomId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-a$4-$5");
}
