"""/openapi.json: the service as OpenAPI 3.1, from the file of that name."""

from pathlib import Path
from typing import Any

import falcon
import orjson

from service import __version__
from service.api.policy import PUBLIC_POLICY
from service.api.resource import Resource
from service.config import Config

FILE = Path(__file__).resolve().parent / "openapi.json"


class OpenApi(Resource):
    """The description of this API, for clients that are generated and for tests."""

    policy = PUBLIC_POLICY

    def __init__(self, config: Config) -> None:
        self._answer = orjson.dumps(describe(config))

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the description."""
        resp.content_type = falcon.MEDIA_JSON
        resp.data = self._answer

    on_head = on_get


def describe(config: Config) -> dict[str, Any]:
    """The file, with what the configuration decides: the prefix and the size of a batch."""
    document: dict[str, Any] = orjson.loads(FILE.read_bytes())
    document["info"]["version"] = __version__
    document["servers"][0]["url"] = config.api_prefix or "/"
    schemas = document["components"]["schemas"]
    for name in ("Batch", "Keys"):
        schemas[name]["properties"]["events"]["maxItems"] = config.max_batch_size
    return document
