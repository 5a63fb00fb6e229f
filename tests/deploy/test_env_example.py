""".env.example repeats the table of settings: each variable with its meaning and its default."""

import re
from pathlib import Path

from dotenv import dotenv_values

from service.config import SECTIONS, SETTINGS, Config
from tests.deploy.proxy import REPOSITORY

EXAMPLE = REPOSITORY / ".env.example"


def test_it_names_every_variable_of_the_service_and_of_compose() -> None:
    service = {setting.name for setting in SETTINGS}
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


def test_each_section_has_its_variables_with_their_meanings_in_order() -> None:
    text = EXAMPLE.read_text()
    for section, settings in SECTIONS.items():
        lines = [line for s in settings for line in (f"# {s.meaning}", f"{s.name}={s.default}")]
        assert f"\n## {section}\n\n" + "\n".join(lines) + "\n\n" in text, section
