"""What the two nginxes log: JSON lines without a query, also where nothing answers behind them."""

import json
from pathlib import Path

import pytest
import requests

from tests import leaks
from tests.deploy.conftest import BACKEND_TEMPLATE, needs_nginx
from tests.deploy.proxy import DEPLOY, body_limit_mb, nginx

pytestmark = needs_nginx
DASHBOARD = DEPLOY / "dashboard" / "templates" / "dashboard.conf.template"
NOBODY = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        (BACKEND_TEMPLATE, {"BODY_LIMIT_MB": body_limit_mb(64)}),
        (DASHBOARD, {"DASHBOARD_ROOT": "/nowhere", "KEY_DIRECTORY": "/nowhere"}),
    ],
    ids=["backend", "dashboard"],
)
def test_a_query_is_not_logged(tmp_path: Path, template: Path, variables: dict[str, str]) -> None:
    referer = {"Referer": f"http://localhost/?q={leaks.EVENT}"}
    with nginx(template, tmp_path, BACKEND=NOBODY, **variables) as proxy:
        url = f"{proxy.url}/api/agents?q={leaks.EVENT}"
        status = requests.get(url, headers=referer, timeout=10).status_code
        assert status in (502, 503)
        proxy.exchange(f"GET /?q={leaks.EVENT} HTTP/9.9\r\n\r\n".encode())
    lines = (tmp_path / "output.log").read_text().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert {"/api/agents": status}.items() <= {one["path"]: one["status"] for one in told}.items()
    for name in ("output.log", "access.log", "error.log"):
        text = (tmp_path / name).read_text() if (tmp_path / name).exists() else ""
        assert leaks.EVENT not in text, name


def test_a_long_path_is_logged_by_its_beginning(tmp_path: Path) -> None:
    variables = {"BODY_LIMIT_MB": body_limit_mb(64), "BACKEND": NOBODY}
    with nginx(BACKEND_TEMPLATE, tmp_path, **variables) as proxy:
        requests.get(f"{proxy.url}/{'x' * 8000}?q={leaks.EVENT}", timeout=10)
        requests.get(f"{proxy.url}/{'y' * 199}", timeout=10)
    output = (tmp_path / "output.log").read_text()
    assert f'"path":"/{"x" * 199}…"' in output
    assert f'"path":"/{"y" * 199}"' in output
