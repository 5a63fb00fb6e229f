"""meinheld warns, in one line, where clients could reach it without the nginx in front."""

from pathlib import Path

import pytest

from service.config import Config
from service.exposure import warning
from tests.operations.harness import run

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is the case


@pytest.mark.parametrize(
    ("worker_class", "host", "warns"),
    [
        ("meinheld", EVERYWHERE, True),
        ("meinheld", "::", True),
        ("meinheld", "192.0.2.1", True),
        ("meinheld", "127.0.0.1", False),
        ("meinheld", "127.1.2.3", False),
        ("meinheld", "::1", False),
        ("meinheld", "localhost", False),
        ("gevent", EVERYWHERE, False),
        ("gthread", EVERYWHERE, False),
    ],
)
def test_meinheld_warns_on_anything_but_loopback(worker_class: str, host: str, warns: bool) -> None:
    said = warning(Config.from_environment({"WORKER_CLASS": worker_class, "HOST": host}))
    assert (said is not None) == warns
    assert said is None or (host in said and "\n" not in said)


def test_the_start_says_it_in_one_line(tmp_path: Path) -> None:
    """On an address that this machine has not: the start ends right behind the warning."""
    settings = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "HOST": "192.0.2.1"}
    started = run(tmp_path, "serve", **settings, WORKER_CLASS="meinheld")
    first, second = started.stderr.splitlines()
    assert first.startswith("gati-backend: warning: WORKER_CLASS=meinheld on HOST=192.0.2.1")
    assert second.startswith("gati-backend: HOST='192.0.2.1'")
    assert "warning" not in run(tmp_path, "serve", **settings).stderr
