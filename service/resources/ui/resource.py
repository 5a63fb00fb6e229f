"""/ui/…: the page at each of its addresses, and its files below /ui/assets."""

import falcon

from service.api.middleware.basics import sent_path
from service.api.policy import PUBLIC_POLICY
from service.api.resource import Resource
from service.api.response_headers import APP_POLICY
from service.resources.ui.files import page

MOST_SLASHES = 8  # each makes every link of the page longer
IMMUTABLE = "public, max-age=31536000, immutable"


class Ui(Resource):
    """The page. It holds nothing of what is stored: it asks the API, with the reader's own key."""

    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response, address: str = "") -> None:
        """Answer with the page, whatever the address: the page itself reads it."""
        path = sent_path(req)
        if not address and not path.endswith("/"):  # its links are relative to /ui/
            query = f"?{req.query_string}" if req.query_string else ""
            raise falcon.HTTPFound(f"{path.rpartition('/')[2]}/{query}")
        slashes = address.count("/") + (bool(address) and path.endswith("/"))
        if slashes > MOST_SLASHES:
            raise falcon.HTTPNotFound
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Content-Security-Policy", APP_POLICY)
        resp.data = page().shell_at(slashes)

    on_head = on_get


class Asset(Resource):
    """A module, style or picture of the page."""

    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response, version: str, name: str) -> None:
        """Answer with a file; 404 for any but those of the page.

        One of another version, which an open page asks for after an update, is not to be kept.
        """
        file = page().files.get(name)
        if file is None:
            raise falcon.HTTPNotFound
        resp.etag = file.etag
        resp.set_header("Cache-Control", IMMUTABLE if version == page().version else "no-store")
        resp.append_header("Vary", "Accept-Encoding")
        if req.if_none_match and any(tag in (file.etag, "*") for tag in req.if_none_match):
            resp.status = falcon.HTTP_304
            return
        resp.content_type = file.media_type
        is_packed = "gzip" in (req.get_header("Accept-Encoding") or "")
        resp.data = file.packed if is_packed else file.content
        if is_packed:
            resp.set_header("Content-Encoding", "gzip")

    on_head = on_get
