"""The servers of OpenAI and Anthropic, as far as the clients ask them, on this machine.

Each chat takes 1,000 tokens, of which 400 are cached, and gives 50, of which OpenAI's have 20 of
reasoning. A model whose name begins with `fail` is answered with 429. With tools, the first answer
calls the first of them.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GPT, CLAUDE = "gpt-4o-2024-08-06", "claude-sonnet-4-5-20250929"
TEXT = "It is sunny in Paris."
ARGUMENTS = {"city": "Paris"}
OPENAI_USAGE = {
    "prompt_tokens": 1_000,
    "completion_tokens": 50,
    "total_tokens": 1_050,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
# Anthropic's input_tokens are those that were neither read from the cache nor written to it.
ANTHROPIC_USAGE = {
    "input_tokens": 500,
    "cache_read_input_tokens": 400,
    "cache_creation_input_tokens": 100,
    "output_tokens": 50,
}

Json = dict[str, Any]


class Handler(BaseHTTPRequestHandler):
    """Answers a chat of either API."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a chat, at once or as server-sent events."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"].startswith("fail"):
            self._send(429, {"error": {"type": "rate_limit_error", "message": "Too many."}})
            return
        is_anthropic = self.path.endswith("/messages")
        if asked.get("stream"):
            self._stream(anthropic_stream() if is_anthropic else openai_stream(asked))
        else:
            self._send(200, anthropic_message() if is_anthropic else completion(asked))

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _send(self, status: int, body: Json) -> None:
        self._write(status, "application/json", json.dumps(body).encode())

    def _stream(self, events: Iterator[str]) -> None:
        self._write(200, "text/event-stream", "".join(events).encode())

    def _write(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def completion(asked: Json) -> Json:
    """OpenAI's answer: a tool's call where tools are offered and none was called yet."""
    is_called = asked["messages"][-1]["role"] == "tool"
    message: Json = {"role": "assistant", "content": TEXT}
    if asked.get("tools") and not is_called:
        function = {
            "name": asked["tools"][0]["function"]["name"],
            "arguments": json.dumps(ARGUMENTS),
        }
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        }
    reason = "stop" if message["content"] else "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return chat("chat.completion", [choice], OPENAI_USAGE)


def openai_stream(asked: Json) -> Iterator[str]:
    """OpenAI's answer in parts; the usage comes only if it is asked for."""
    for part in ("It is sunny ", "in Paris."):
        choice = {"index": 0, "delta": {"role": "assistant", "content": part}}
        yield event(chat("chat.completion.chunk", [choice | {"finish_reason": None}], None))
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield event(chat("chat.completion.chunk", [end], None))
    if asked.get("stream_options", {}).get("include_usage"):
        yield event(chat("chat.completion.chunk", [], OPENAI_USAGE))
    yield "data: [DONE]\n\n"


def chat(kind: str, choices: list[Json], usage: Json | None) -> Json:
    """What all answers of OpenAI have."""
    return {
        "id": "chatcmpl-1",
        "object": kind,
        "created": 1_795_348_800,
        "model": GPT,
        "choices": choices,
        "usage": usage,
    }


def anthropic_message(text: str | None = TEXT, usage: Json = ANTHROPIC_USAGE) -> Json:
    """Anthropic's answer."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": CLAUDE,
        "content": [] if text is None else [{"type": "text", "text": text}],
        "stop_reason": text and "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }


def anthropic_stream() -> Iterator[str]:
    """Anthropic's answer in parts."""
    begun = anthropic_message(None, ANTHROPIC_USAGE | {"output_tokens": 1})
    yield event({"type": "message_start", "message": begun})
    block = {"type": "text", "text": ""}
    yield event({"type": "content_block_start", "index": 0, "content_block": block})
    delta = {"type": "text_delta", "text": TEXT}
    yield event({"type": "content_block_delta", "index": 0, "delta": delta})
    yield event({"type": "content_block_stop", "index": 0})
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    yield event({"type": "message_delta", "delta": ended, "usage": {"output_tokens": 50}})
    yield event({"type": "message_stop"})


def event(data: Json) -> str:
    """A server-sent event; Anthropic's have a name."""
    name = f"event: {data['type']}\n" if "type" in data else ""
    return f"{name}data: {json.dumps(data)}\n\n"


@contextmanager
def serving_models() -> Iterator[str]:
    """Answer on this machine for a block; yields the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
