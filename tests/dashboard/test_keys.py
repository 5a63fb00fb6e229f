"""The page where the service lets nobody in without a key: before it stands what has one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.cli.dashboard.command import find_files
from tests.client import Client
from tests.dashboard.browser import Page
from tests.dashboard.conftest import needs_chromium
from tests.deploy.conftest import needs_nginx
from tests.deploy.proxy import DEPLOY, nginx
from tests.events import event, new_id
from tests.service import serving

pytestmark = [needs_chromium, needs_nginx]
TEMPLATE = DEPLOY / "dashboard" / "templates" / "dashboard.conf.template"


@pytest.fixture
def behind_nginx(database_url: str, client: Client, tmp_path: Path) -> Iterator[str]:
    """The dashboard's nginx of compose, with a read key, before a service with an agent."""
    assert client.send(event(new_id(), agent_name="Keeper")).status_code == 200
    keys, proxied = tmp_path / "keys", tmp_path / "nginx"
    keys.mkdir()
    proxied.mkdir()
    key = create(database_url, "dashboard", Scope.READ, None)
    (keys / "dashboard.conf").write_text(f'proxy_set_header Authorization "Bearer {key}";\n')
    with serving(database_url, tmp_path) as service:
        assert service.get("/api/agents").status_code == 401
        variables = {
            "DASHBOARD_ROOT": str(find_files()),
            "KEY_DIRECTORY": str(keys),
            "BACKEND": f"127.0.0.1:{service.port}",
        }
        with nginx(TEMPLATE, proxied, **variables) as proxy:
            yield proxy.url


def test_the_page_shows_what_the_key_may_read(page: Page, behind_nginx: str) -> None:
    page.open(behind_nginx, "Keeper")
    page.open(f"{behind_nginx}/agents/Keeper", "Total Runs")
    page.open(f"{behind_nginx}/metrics", "Metrics Dashboard")
    assert page.call("healthCheck")["status"] == "healthy"
