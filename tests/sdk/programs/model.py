"""A fake chat model that says what it used, as a real one does."""

from typing import Any

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult

MODEL = "gpt-4o-mini"
TOKENS_IN, TOKENS_OUT = 1200, 345


class FakeModel(FakeListChatModel):
    """langchain-core's fake, with the usage that the SDK reads tokens and cost from."""

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        result = super()._generate(messages, *args, **options)
        usage = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT}
        result.llm_output = {"model_name": MODEL, "token_usage": usage}
        return result
