// Vercel's AI SDK: a call with a tool, a stream, and one that fails.
import { createOpenAI } from "@ai-sdk/openai";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";

const sdk = new NodeSDK({ traceExporter: new OTLPTraceExporter() });
sdk.start();

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const experimental_telemetry = {
  isEnabled: true,
  functionId: "weather",
  metadata: { sessionId: "s-1", userId: "u-1" },
};
const weather = tool({
  description: "Tell the weather",
  inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }),
  execute: async ({ city }) => ({ city, t: 20 }),
});

await generateText({
  model: openai.chat("gpt-4o"),
  prompt: "weather?",
  tools: { weather },
  stopWhen: stepCountIs(3),
  experimental_telemetry,
});
const stream = streamText({ model: openai.chat("gpt-4o"), prompt: "stream", experimental_telemetry });
for await (const _ of stream.textStream);
await generateText({
  model: openai.chat("fail-429"),
  prompt: "fail",
  maxRetries: 0,
  experimental_telemetry,
}).catch(() => {});

await sdk.shutdown();
