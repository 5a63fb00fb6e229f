// Messages as a conversation, from the shapes in which clients send them.

/** @typedef {{kind: "text" | "reasoning", text: string} | {kind: "image", url: string} | {kind: "call", name: string, id: string, value: unknown} | {kind: "result", id: string, value: unknown} | {kind: "other", value: unknown}} Part */
/** @typedef {{role: string, name: string, parts: Part[]}} Message */
/** @typedef {Record<string, any>} Thing */

const ROLES = new Map(Object.entries({
  human: "user", ai: "assistant", model: "assistant", developer: "system", function: "tool", ToolMessage: "tool",
  HumanMessage: "user", AIMessage: "assistant", AIMessageChunk: "assistant", SystemMessage: "system",
}));
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif|bmp);base64,[A-Za-z0-9+/=\s]+$/;
const CUT_AT = 2000; // characters, by the API
const MEDIA = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;

/** The messages of a value; null for what is no conversation. @param {unknown} value @returns {Message[] | null} */
export function messagesOf(value) {
  const list = listOf(value);
  if (!list?.length) return null;
  const found = list.map(message);
  return found.every((one) => one !== null) ? found : null;
}

/** @param {unknown} value @returns {unknown[] | null} */
function listOf(value) {
  if (Array.isArray(value)) return value.length === 1 && Array.isArray(value[0]) ? value[0] : value;
  if (!isThing(value)) return null;
  for (const key of ["messages", "choices", "candidates", "contents", "generations"]) {
    if (Array.isArray(value[key])) return withSystem(value, listOf(value[key]) ?? []);
  }
  return message(value) ? [value] : null;
}

/** @param {Thing} value @param {unknown[]} list */
function withSystem(value, list) {
  const system = value.system ?? value.system_instruction ?? value.system_instructions;
  return system ? [{ role: "system", content: isThing(system) ? system.parts ?? system : system }, ...list] : list;
}

/** @param {unknown} value @returns {value is Thing} */
function isThing(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {unknown} value @returns {Message | null} */
function message(value) {
  if (!isThing(value)) return null;
  const inner = value.message ?? value.kwargs;
  if (isThing(inner)) return message({ type: value.id?.at?.(-1), ...inner });
  const said = value.role ?? roleOfEvent(value.event) ?? (ROLES.has(value.type) ? value.type : undefined);
  if (typeof said !== "string" && !isThing(value.content) ) return null;
  if (typeof said !== "string") return message({ role: "assistant", ...value.content });
  const role = ROLES.get(said) ?? said;
  const content = value.content ?? value.parts ?? value.contents ?? value.text;
  const parts = [...reasoningOf(value), ...partsOf(content, role === "tool" ? String(value.tool_call_id ?? value.name ?? "") : null), ...callsOf(value)];
  return { role, name: typeof value.name === "string" ? value.name : "", parts };
}

/** @param {unknown} event such as gen_ai.user.message */
function roleOfEvent(event) {
  const found = typeof event === "string" ? /^gen_ai\.(\w+)(?:\.message)?$/.exec(event)?.[1] : undefined;
  return found === "choice" ? "assistant" : found;
}

/** @param {Thing} value @returns {Part[]} */
function reasoningOf(value) {
  const text = value.reasoning_content ?? value.reasoning;
  return typeof text === "string" && text ? [{ kind: "reasoning", text }] : [];
}

/** @param {unknown} content @param {string | null} result the id of the call whose result this is @returns {Part[]} */
function partsOf(content, result) {
  if (content == null || content === "") return [];
  if (result !== null && !(Array.isArray(content) && content.some((one) => one?.type === "tool_call_response"))) {
    return [{ kind: "result", id: result, value: parsed(content) }];
  }
  if (typeof content === "string") return [{ kind: "text", text: content }];
  return (Array.isArray(content) ? content : [content]).map(part);
}

/** @param {unknown} one @returns {Part} */
export function part(one) {
  if (typeof one === "string") return { kind: "text", text: one };
  if (!isThing(one)) return { kind: "other", value: one };
  const inner = isThing(one.message_content) ? one.message_content : one;
  return textPart(inner) ?? toolPart(inner) ?? picturePart(inner) ?? { kind: "other", value: one };
}

/** @param {Thing} one @returns {Part | null} */
function textPart(one) {
  const reasoning = one.thinking ?? (one.type === "reasoning" || one.thought === true ? one.content ?? one.text : undefined);
  if (typeof reasoning === "string") return { kind: "reasoning", text: reasoning };
  const text = typeof one.text === "string" ? one.text : one.type === "text" ? one.content : undefined;
  return typeof text === "string" ? { kind: "text", text } : null;
}

/** @param {Thing} one @returns {Part | null} */
function toolPart(one) {
  const call = one.functionCall ?? one.function_call ?? (["tool_call", "tool_use", "tool-call", "function_call"].includes(one.type) ? one : null);
  if (isThing(call)) {
    const given = call.arguments ?? call.input ?? call.args;
    return { kind: "call", name: String(call.name ?? call.toolName ?? ""), id: String(call.id ?? call.call_id ?? call.toolCallId ?? ""), value: parsed(given) };
  }
  const result = one.functionResponse ?? one.function_response ?? (["tool_call_response", "tool_result", "tool-result", "function_call_output"].includes(one.type) ? one : null);
  if (!isThing(result)) return null;
  const value = result.response ?? result.content ?? result.result ?? result.output;
  return { kind: "result", id: String(result.id ?? result.tool_use_id ?? result.call_id ?? result.toolCallId ?? result.name ?? ""), value: parsed(value) };
}

/** @param {Thing} one @returns {Part | null} */
function picturePart(one) {
  const source = one.source ?? one.inline_data ?? one.inlineData ?? one;
  const link = one.image_url?.url ?? one.image_url ?? one.image ?? one.url;
  const type = source.media_type ?? source.mime_type ?? source.mimeType;
  const data = source.data ?? source.content;
  const url = typeof link === "string" ? link : MEDIA.test(type) && typeof data === "string" ? `data:${type};base64,${data}` : "";
  return PICTURE.test(url) ? { kind: "image", url } : null;
}

/** @param {Thing} value @returns {Part[]} */
function callsOf(value) {
  const calls = value.tool_calls ?? value.toolCalls ?? (value.function_call ? [{ function: value.function_call }] : []);
  if (!Array.isArray(calls)) return [];
  return calls.map((one) => {
    const call = isThing(one?.tool_call) ? one.tool_call : one;
    const made = isThing(call?.function) ? call.function : call ?? {};
    return { kind: "call", name: String(made.name ?? ""), id: String(call?.id ?? ""), value: parsed(made.arguments ?? made.args ?? made.input) };
  });
}

/** A JSON text as what it says. @param {unknown} value */
export function parsed(value) {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The last message of a text that may be JSON, and may be cut; null for none. @param {string | null} text @param {string} role of what is no message @returns {Message | null} */
export function lastMessage(text, role) {
  if (!text) return null;
  const read = parsed(text);
  const found = messagesOf(read)?.at(-1);
  if (found) return found;
  if (typeof read !== "string") return { role: role === "user" ? "input" : "output", name: "", parts: [{ kind: "other", value: read }] };
  const cut = /^\s*[[{]/.test(text) ? /"(?:content|text)": *"((?:[^"\\]|\\.)*)/.exec(text)?.[1] : undefined;
  return { role, name: "", parts: [{ kind: "text", text: (cut ? JSON.parse(`"${cut.replace(/\\(?:u.{0,3})?$/, "")}"`) : read) + (text.length < CUT_AT ? "" : "…") }] };
}

/** A picture that stands for itself, such as the text of a data URL. @param {unknown} value */
export function pictureOf(value) {
  return typeof value === "string" && value.startsWith("data:image/") && PICTURE.test(value) ? value : null;
}
