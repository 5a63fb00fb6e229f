"""/ui: the page at each of its addresses and its files. tests/ui opens it in a browser."""

import gzip
import re
from urllib.parse import urljoin

import pytest

from service.resources.ui.files import OWN, page
from service.resources.ui.squeeze import squeezed
from tests.client import Client

pytestmark = pytest.mark.any_postgres
KB = 1024
ADDRESSES = [
    "/ui/",
    "/ui/runs",
    "/ui/runs/",
    "/ui/runs/1?event=2",
    "/ui/agents/a%2Fb",
    "/api/ui/x/y/z",
]


def asked(html: str) -> list[str]:
    """The links of the page."""
    return re.findall(r'(?:src|href)="([^"]*)"', html)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_page_is_at_each_address_and_its_links_lead_to_its_files(
    idle_client: Client, address: str
) -> None:
    answer = idle_client.simulate_get(address)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<script>" not in answer.text
    assert "<style" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    links = asked(answer.text)
    assert {link.partition(page().version)[2] for link in links} == {
        f"/{name}" for name in page().files
    }
    for link in links:
        assert not link.startswith("/")
        assert idle_client.simulate_get(urljoin(address, link)).status_code == 200, link


def test_files_are_immutable_below_their_hash(client: Client) -> None:
    path = f"/ui/assets/{page().version}/main.js"
    answer = client.simulate_get(path)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.text == squeezed("main.js", (OWN / "main.js").read_text())
    headers = {"If-None-Match": answer.headers["ETag"]}
    again = client.simulate_get(path, headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert client.simulate_get(path, headers={"If-None-Match": '"x"'}).status_code == 200
    other = client.simulate_get("/ui/assets/0123456789abcdef/main.js")
    assert other.headers["Cache-Control"] == "no-store"


def test_files_are_packed_for_who_reads_gzip(client: Client) -> None:
    path = f"/ui/assets/{page().version}/main.js"
    answer = client.simulate_get(path, headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(answer.content) == page().files["main.js"].content


@pytest.mark.parametrize(
    "name", ["index.html", "../resources/ui/files.py", "%2e%2e/x.py", "none.js"]
)
def test_nothing_else_is_served(idle_client: Client, name: str) -> None:
    answer = idle_client.simulate_get(f"/ui/assets/{page().version}/{name}")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "location"), [("/ui", "ui/"), ("/ui?a=b", "ui/?a=b"), ("/api/ui", "ui/")]
)
def test_without_its_slash_it_leads_there(idle_client: Client, path: str, location: str) -> None:
    answer = idle_client.simulate_get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, location)


def test_the_root_leads_browsers_to_the_page_and_nobody_else(client: Client) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = client.simulate_get("/", headers={"Accept": browser})
    assert (answer.status_code, answer.headers["Location"]) == (302, "ui/")
    for accept in ("*/*", "application/json"):
        answer = client.simulate_get("/", headers={"Accept": accept})
        assert answer.json["links"]["ui"] == "/ui/"
        assert "Accept" in answer.headers["Vary"]


def test_the_page_is_small_as_served_and_of_small_files() -> None:
    served = sum(len(file.content) for file in page().files.values()) + len(page().shell_at(2))
    assert served < 200 * KB
    files = [path for path in OWN.rglob("*") if path.is_file()]
    assert [str(path) for path in files if len(path.read_text().splitlines()) >= 250] == []


CODE = r"""// about
/** What it does.
 * @param {string} a */
f(a, /** @type {X<{y: string}>} */ (b) + +c); // it's the end
  const d = "// no  comment" + `/* nor this */ ${ e ? ` ${ { f }.f } ` : "" }  }`;
  return /[ "'`/]  \/ { /.test( g ) / 2 / h  ;"""
SERVED = r"""


f(a,(b)+ +c);
const d="// no  comment"+`/* nor this */ ${e?` ${{f}.f} `:""}  }`;
return /[ "'`/]  \/ { /.test(g)/2/h;"""


def test_what_no_browser_reads_is_left_out_and_lines_keep_their_numbers() -> None:
    assert squeezed("x.js", CODE) == SERVED
    style = "/* a\n b */\n.a > :is(b, c) { d: calc(1px + 2px); }"
    assert squeezed("x.css", style) == "\n\n.a>:is(b,c){d:calc(1px + 2px)}"
    with pytest.raises(ValueError, match="does not end"):
        squeezed("x.js", "`${a}")
    for name, file in page().files.items():
        assert file.content.count(b"\n") == (OWN / name).read_text().count("\n"), name


def test_no_file_makes_elements_of_text_or_names_another_host() -> None:
    unsafe = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser"
        r"|createContextualFragment|setAttribute\(\"(?:style|on)"
    )
    for path in OWN.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert not unsafe.search(text), path
            hosts = set(re.findall(r"https?://[\w.]+", text))
            assert hosts <= {"http://www.w3.org", "http://localhost"}, (
                path
            )  # SVG; tests without a browser


def test_an_address_that_is_very_deep_is_no_page(client: Client) -> None:
    """Each segment makes each of its fifty links longer."""
    assert client.simulate_get("/ui" + "/x" * 9).status_code == 200
    assert client.simulate_get("/ui" + "/x" * 10).status_code == 404
