"""/docs: a page that shows /openapi.json and tries it, Swagger UI. Nothing comes from elsewhere.

Its colours, its header and its icon are those of /ui.
"""

import importlib.util
from functools import cache
from pathlib import Path

import falcon

from service.api.errors import ApiError
from service.api.policy import PUBLIC_POLICY
from service.api.resource import Resource
from service.api.response_headers import PAGE_POLICY
from service.core.shipped import shipped
from service.resources.ui.files import TYPES, page

OWN = Path(__file__).resolve().parent / "static"
PAGE = "index.html"
# Of the released page only these. Together 1.9 MB.
RELEASED = ("swagger-ui-bundle.js", "swagger-ui.css")
OF_UI = {"base.css": "styles/base.css", "icon.svg": "icon.svg"}
ASSETS = (*RELEASED, *OF_UI, "docs.css", "start.js")


class Docs(Resource):
    """The page. It holds nothing that /openapi.json does not, and asks by the reader's own key."""

    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the page."""
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Content-Security-Policy", PAGE_POLICY)
        resp.data = content(PAGE)

    on_head = on_get


class Asset(Resource):
    """A script, a style, or the icon of the page."""

    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """Answer with a file; 404 for any but those of the page."""
        if name not in ASSETS:
            raise falcon.HTTPNotFound
        resp.content_type = TYPES[Path(name).suffix]
        resp.data = content(name)

    on_head = on_get


@cache
def content(name: str) -> bytes:
    """A file of the page, read once: however many take it slowly, it is in memory once."""
    if name in OF_UI:
        return page().files[OF_UI[name]].content
    if name not in RELEASED:
        return (OWN / name).read_bytes()
    try:
        return (find_released() / name).read_bytes()
    except OSError:
        raise ApiError(
            falcon.HTTP_404,
            "not_found",
            "The page is not installed: pip install --no-deps -r requirements.txt",
        ) from None


def find_released() -> Path:
    """Where Swagger UI's files are: in a wheel of this project, else in flask-swagger-ui.

    That is not imported: it would look for Flask.
    """
    if (built_in := shipped("swagger-ui")).is_dir():
        return built_in
    spec = importlib.util.find_spec("flask_swagger_ui")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "dist" if places else OWN
