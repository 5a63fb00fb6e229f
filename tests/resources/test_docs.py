"""/docs: the page is whole, and nothing but it is served. tests/dashboard opens it in a browser."""

import re
from pathlib import Path

import pytest

from service.resources.docs import page as docs
from tests.client import Client

pytestmark = pytest.mark.any_postgres


def test_all_that_the_page_asks_for_is_there_and_its_own(client: Client) -> None:
    page = client.simulate_get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script>" not in page.text
    asked = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    files = {path.removeprefix("docs/") for path in asked if path.startswith("docs/")}
    assert files == set(docs.ASSETS)
    assert {"ui/", "openapi.json"} < set(asked)  # the way back to the page for people
    for path in asked:  # relative to /docs, wherever a proxy puts it
        for prefix in ("/", "/api/"):
            assert client.simulate_get(prefix + path).status_code == 200, path
    assert b"SwaggerUIBundle" in client.simulate_get("/docs/swagger-ui-bundle.js").content


@pytest.mark.parametrize("name", ["index.css", "..%2F..%2F__init__.py", "..%2Fopenapi.json", "%00"])
def test_nothing_else_is_served(idle_client: Client, name: str) -> None:
    answer = idle_client.simulate_get(f"/docs/{name}")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_where_the_released_page_is_not_installed_it_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs.content.cache_clear()
    monkeypatch.setattr(docs, "find_released", lambda: Path("/nowhere"))
    answer = client.simulate_get("/docs/swagger-ui.css")
    assert answer.status_code == 404
    assert "requirements.txt" in answer.json["description"]
