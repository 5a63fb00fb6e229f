"""The released dashboard's files behind the nginx of its image."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.cli.dashboard.pages import with_own_address
from tests.deploy.conftest import needs_nginx
from tests.deploy.proxy import DEPLOY, nginx
from tests.service import serving

pytestmark = needs_nginx
TEMPLATE = DEPLOY / "dashboard" / "templates" / "dashboard.conf.template"


@pytest.fixture(scope="module")
def files() -> Path:
    gati = find_spec("gati")
    assert gati is not None
    assert gati.origin is not None
    return Path(gati.origin).parent / "dashboard_dist"


@pytest.fixture(scope="module")
def dashboard(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    variables = {
        "DASHBOARD_ROOT": str(files),
        "KEY_DIRECTORY": "/nowhere",
        "BACKEND": "127.0.0.1:1",
    }
    with nginx(TEMPLATE, tmp_path_factory.mktemp("dashboard"), **variables) as proxy:
        yield proxy.url


@pytest.mark.parametrize("path", ["/", "/metrics", "/agents/research%20agent/runs", "/a/b?c=d"])
def test_every_page_is_the_one_page_and_is_asked_for_anew(
    dashboard: str, files: Path, path: str
) -> None:
    answer = requests.get(dashboard + path, timeout=10)
    assert answer.status_code == 200
    assert answer.content == (files / "index.html").read_bytes()
    assert answer.headers["Cache-Control"] == "no-cache"


def test_assets_are_kept_for_a_year(dashboard: str, files: Path) -> None:
    for asset in (files / "assets").iterdir():
        answer = requests.get(f"{dashboard}/assets/{asset.name}", timeout=10)
        assert answer.content == with_own_address(asset.read_bytes(), dashboard.encode())
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_missing_asset_is_missing_and_not_remembered(dashboard: str) -> None:
    answer = requests.get(f"{dashboard}/assets/gone.js", timeout=10)
    assert answer.status_code == 404
    assert "Cache-Control" not in answer.headers


def test_the_policy_allows_what_the_page_does(dashboard: str, files: Path) -> None:
    """Its own scripts, which ask where they come from; no eval, no inline script."""
    answer = requests.get(dashboard, timeout=10)
    directives = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'self'" in directives
    assert "connect-src 'self'" in directives
    scripts = "".join(script.read_text() for script in (files / "assets").glob("*.js"))
    assert "http://localhost:8000" in scripts
    assert "new Function(" not in scripts
    assert "<script>" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "nginx"


def test_what_the_page_asks_goes_on_with_the_read_key(
    files: Path, database_url: str, tmp_path: Path
) -> None:
    """As in compose: the backend lets nobody in without a key, and the browser has none."""
    keys, proxied = tmp_path / "keys", tmp_path / "nginx"
    keys.mkdir()
    proxied.mkdir()
    key = create(database_url, "dashboard", Scope.READ, None)
    (keys / "dashboard.conf").write_text(f'proxy_set_header Authorization "Bearer {key}";\n')
    with serving(database_url, tmp_path, CORS_ORIGINS="*") as service:
        variables = {
            "DASHBOARD_ROOT": str(files),
            "KEY_DIRECTORY": str(keys),
            "BACKEND": f"127.0.0.1:{service.port}",
        }
        with nginx(TEMPLATE, proxied, **variables) as proxy:
            assert service.get("/api/agents").status_code == 401
            url = f"{proxy.url}/api/agents"
            assert requests.get(url, timeout=10).json() == []
            stolen = {"Authorization": "Bearer nonsense"}
            assert requests.get(url, headers=stolen, timeout=10).status_code == 200
            assert requests.delete(f"{url}/robot", timeout=10).status_code == 403
            # A page of another origin reads nothing either, whatever CORS_ORIGINS says.
            foreign = {"Origin": "https://evil.example"}
            answer = requests.get(url, headers=foreign, timeout=10)
            assert "Access-Control-Allow-Origin" not in answer.headers
            asked = foreign | {"Access-Control-Request-Method": "PATCH"}
            answer = requests.options(url, headers=asked, timeout=10)
            assert "Access-Control-Allow-Origin" not in answer.headers
            # A page that points its own name at this machine reads nothing, and gets no page.
            for path in ("/api/agents", "/"):
                elsewhere = {"Host": "evil.example:3000"}
                answer = requests.get(proxy.url + path, headers=elsewhere, timeout=10)
                assert answer.status_code == 421
