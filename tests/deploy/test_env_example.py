""".env.example names every variable there is, with its default."""

import re
from dataclasses import fields
from pathlib import Path

from dotenv import dotenv_values

from service.config import Config
from tests.deploy.proxy import REPOSITORY

EXAMPLE = REPOSITORY / ".env.example"


def test_it_names_every_variable_of_the_service_and_of_compose() -> None:
    service = {field.name.upper() for field in fields(Config)}
    compose = set(re.findall(r"\$\{(\w+)", (REPOSITORY / "docker-compose.yml").read_text()))
    assert set(dotenv_values(EXAMPLE)) == service | compose


def test_its_values_are_the_services_defaults(tmp_path: Path) -> None:
    example = Config.from_environment(environ={}, env_file=EXAMPLE)
    assert example == Config.from_environment(environ={}, env_file=tmp_path / "none")


def test_its_values_are_compose_s_defaults() -> None:
    compose = (REPOSITORY / "docker-compose.yml").read_text()
    example = dotenv_values(EXAMPLE)
    for name, default in re.findall(r"\$\{(\w+):-(\w+)\}", compose):
        assert example[name] == default, name


def test_every_value_has_a_line_above_that_says_what_it_is() -> None:
    lines = EXAMPLE.read_text().splitlines()
    blocks = "\n".join(lines).split("\n\n")
    for block in blocks:
        assert block.startswith("#"), block
