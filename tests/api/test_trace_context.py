"""traceparent: what the specification calls valid, and what it calls not.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import falcon
import pytest
from falcon import testing

from service.api.trace_context import trace_context

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    "sent",
    [
        GOOD,
        f"00-{TRACE}-{SPAN}-ff",
        f"01-{TRACE}-{SPAN}-00",
        f"fe-{TRACE}-{SPAN}-01-what-is-to-come",
    ],
)
def test_what_is_valid_names_the_trace_and_the_client_s_span(sent: str) -> None:
    req = testing.create_req(headers={"traceparent": sent})
    assert trace_context(req) == {"trace_id": TRACE, "span_id": SPAN}


@pytest.mark.parametrize(
    "sent",
    [
        "",
        f"00-{TRACE}-{SPAN}",
        f"{GOOD}-",
        f"{GOOD}-more",  # of version 00 there is no more
        f"{GOOD}x",
        f"fe-{TRACE}-{SPAN}-01x",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        GOOD.upper(),
        GOOD.replace("-", "_"),
        f"00-{TRACE}-{SPAN}-1",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}0-01",
        f"00-{TRACE[:-1]}٣-{SPAN}-01".encode().decode("latin-1"),
        f"{GOOD},{GOOD}",  # sent twice
        f"{GOOD}\n",
    ],
)
def test_what_is_not_is_as_if_it_had_not_been_sent(sent: str) -> None:
    environ = {**testing.create_environ(), "HTTP_TRACEPARENT": sent}
    assert trace_context(falcon.Request(environ)) == {}


def test_without_one_there_is_none() -> None:
    assert trace_context(testing.create_req()) == {}
