// Langfuse's SDK: an agent, a tool, a call with its own figures.
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { propagateAttributes, startActiveObservation, startObservation } from "@langfuse/tracing";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK({ spanProcessors: [new LangfuseSpanProcessor()] });
sdk.start();

const attributes = { traceName: "support-trace", sessionId: "s-1", userId: "u-1", tags: ["paid"] };
await propagateAttributes(attributes, () =>
  startActiveObservation(
    "support",
    async (agent) => {
      agent.update({ input: "weather?" });
      startObservation("lookup", { input: { city: "Paris" } }, { asType: "tool" })
        .update({ output: { t: 20 } })
        .end();
      startObservation(
        "answer",
        { model: "gpt-4o-2024-08-06", input: [{ role: "user", content: "weather?" }] },
        { asType: "generation" },
      )
        .update({
          output: "hello",
          usageDetails: {
            input: 600,
            input_cached_tokens: 400,
            output: 30,
            output_reasoning_tokens: 20,
          },
          costDetails: { total: 0.003 },
        })
        .end();
      agent.update({ output: "done" });
    },
    { asType: "agent" },
  ),
);
await sdk.shutdown();
