"""The gate: while there is no room, POST is refused in the house's own words, and GET is not."""

import falcon
import orjson
import pytest
from falcon import testing

from service.api.ingest_shares import IngestShares
from service.api.load_shedding import DISCARDED_BYTES
from tests.client import Client

pytestmark = pytest.mark.any_postgres


class Response:
    """What gunicorn hands to the application, as far as the gate looks at it."""

    closes = False

    def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        """Keep the head."""
        self.status, self.headers = status, dict(headers)

    def force_close(self) -> None:
        """Close the connection behind the answer."""
        self.closes = True


def test_post_is_refused_and_get_is_answered(client: Client) -> None:
    crowded = testing.TestClient(client.crowded())
    answer = crowded.simulate_post("/api/events", body="x", headers={"X-Request-Id": "mine"})
    assert (answer.status_code, answer.json["code"]) == (503, "overloaded")
    assert answer.json.keys() == {
        "title", "description", "code", "request_id", "detail", "retry_after",
    }  # fmt: skip
    assert (answer.headers["Retry-After"], answer.json["retry_after"]) == ("1", 1)
    assert (answer.headers["X-Request-Id"], answer.json["request_id"]) == ("mine", "mine")
    assert crowded.simulate_get("/health").status_code == 200


@pytest.mark.parametrize(
    ("headers", "closes"),
    [
        ({"Content-Length": str(DISCARDED_BYTES)}, False),
        ({"Content-Length": str(DISCARDED_BYTES + 1)}, True),
        ({"Transfer-Encoding": "chunked"}, True),
    ],
)
def test_a_connection_with_much_unread_is_closed(
    client: Client, headers: dict[str, str], closes: bool
) -> None:
    response = Response()
    environ = testing.create_environ("/api/events", method="POST", headers=headers)
    body = b"".join(client.crowded()(environ, response.start))
    assert response.status == falcon.HTTP_503
    assert int(response.headers["Content-Length"]) == len(body)
    assert orjson.loads(body)["code"] == "overloaded"
    assert response.closes == closes


def test_a_key_is_heard_beside_the_flood_of_another() -> None:
    shares = IngestShares(most_keys=2)
    assert [shares.enter("flood", True) for _ in range(3)] == [True, True, True]
    assert not shares.enter("flood", False)
    assert [shares.enter("quiet", False) for _ in range(4)] == [True, True, True, False]  # as many
    assert not shares.enter("third", False)  # nor may many keys together be a flood
    for _ in range(3):
        shares.leave("quiet")
    assert shares.enter("third", False)
    shares.leave("third")
    assert not shares.enter("flood", False)


def test_a_request_leaves_its_share_whatever_comes_of_it(client: Client) -> None:
    alone = testing.TestClient(client.crowded("key"))
    for _ in range(2):
        answer = alone.simulate_post("/api/events", body="x")
        assert answer.status_code == 415, answer.text
