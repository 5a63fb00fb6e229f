"""The Kubernetes manifest: valid by Kubernetes' own schema, and fit for the image."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from service.config import SETTINGS
from tests.deploy.proxy import REPOSITORY

MANIFEST = REPOSITORY / "deploy" / "kubernetes" / "gati-backend.yaml"
SCHEMA = json.loads((Path(__file__).parent / "kubernetes.schema.json").read_text())
DOCUMENTS: list[dict[str, Any]] = list(YAML(typ="safe").load_all(MANIFEST))


def kind_of(document: dict[str, Any]) -> str:
    """The kind of a resource."""
    return str(document["kind"])


def of_kind(kind: str) -> Any:
    """The one resource of a kind."""
    [document] = [document for document in DOCUMENTS if document["kind"] == kind]
    return document


def check(document: dict[str, Any]) -> None:
    """Raise jsonschema.ValidationError for what Kubernetes would refuse."""
    root = SCHEMA["kinds"][document["kind"]]
    schema = {"$ref": f"#/definitions/{root}", "definitions": SCHEMA["definitions"]}
    jsonschema.Draft202012Validator(schema).validate(document)


def check_all(documents: list[dict[str, Any]]) -> None:
    """Check each of them."""
    for document in documents:
        check(document)


@pytest.mark.parametrize("document", DOCUMENTS, ids=kind_of)
def test_kubernetes_takes_it(document: dict[str, Any]) -> None:
    check(document)


@pytest.mark.parametrize(("right", "wrong"), [("readyz, port", "readyz, ports"), ("8000", "http")])
def test_the_check_finds_mistakes(right: str, wrong: str) -> None:
    text = MANIFEST.read_text()
    assert right in text
    broken = list(YAML(typ="safe").load_all(text.replace(right, wrong)))
    with pytest.raises(jsonschema.ValidationError):
        check_all(broken)


def test_every_selector_finds_the_pods() -> None:
    labels = of_kind("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert of_kind("Service")["spec"]["selector"] == labels
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert of_kind(kind)["spec"]["selector"]["matchLabels"] == labels


def test_its_settings_are_the_services() -> None:
    assert set(of_kind("ConfigMap")["data"]) <= {setting.name for setting in SETTINGS}


def test_it_fits_the_image() -> None:
    pod = of_kind("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    user = pod["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in dockerfile
    [port] = container["ports"]
    assert f"EXPOSE {port['containerPort']}" in dockerfile
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"]
