"""What the wheel holds beside the files of the checkout: Swagger UI's, from their package."""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "flask_swagger_ui"  # not imported: it would look for Flask
FILES = (
    "swagger-ui-bundle.js",
    "swagger-ui.css",
)  # as service/resources/docs/page.py


class SwaggerUi(BuildHookInterface[Any]):
    """Adds the files that the page of /docs shows."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files, each with its place in the wheel."""
        spec = importlib.util.find_spec(PACKAGE)
        if version == "editable" or spec is None or not spec.submodule_search_locations:
            return
        released = Path(spec.submodule_search_locations[0]) / "dist"
        for name in FILES:
            build_data["force_include"][str(released / name)] = f"service/shipped/swagger-ui/{name}"
