"""Exports through the shipped nginx: it writes what it gets, and holds nothing back."""

from pathlib import Path

from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import nginx
from tests.export.reading import read_ndjson
from tests.export.wire import EVENTS, FIRST_BYTES, begun, fill, rest_of, told
from tests.operations.harness import until
from tests.service import serving

GIVEN_UP = "export given up: its client takes nothing"


@needs_nginx
def test_a_client_that_takes_nothing_is_the_service_s_to_give_up(
    service_database_url: str, tmp_path: Path
) -> None:
    with serving(service_database_url, tmp_path, WORKERS=1, STREAM_STALL_SECONDS=1) as service:
        fill(service)
        behind = {"BACKEND": f"127.0.0.1:{service.port}", "BODY_LIMIT_MB": "65"}
        with nginx(BACKEND_TEMPLATE, tmp_path, **behind) as proxy:
            with begun(proxy.port) as answer:
                first = answer.read(FIRST_BYTES)
                until(lambda: told(service)["message"] == GIVEN_UP, "nginx takes it off")
                assert not rest_of(answer)[1]
            with begun(proxy.port) as answer:
                body, is_whole = rest_of(answer)
            assert is_whole
            assert body.startswith(first)
            assert len(read_ndjson(body.decode())) == EVENTS
