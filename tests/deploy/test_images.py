"""The Dockerfiles: what can be known of the images without building them."""

import re
import tomllib

import pytest

from tests.deploy.conftest import Image
from tests.deploy.dockerfile import copied, read_dockerfile
from tests.deploy.proxy import DEPLOY, REPOSITORY

BACKEND = read_dockerfile(REPOSITORY / "Dockerfile")
MEINHELD = " ".join(i.text for i in BACKEND if "meinheld" in i.text)
DASHBOARD = read_dockerfile(DEPLOY / "dashboard" / "Dockerfile")


def test_the_final_stage_runs_as_a_user_of_its_own_and_installs_nothing() -> None:
    final = [instruction for instruction in BACKEND if instruction.stage == 1]
    assert [i.text for i in final if i.keyword == "USER"] == ["10001:10001"]
    assert not any("install " in i.text and "apt" in i.text for i in final)
    order = [i.keyword for i in final]
    assert order.index("USER") > max(n for n, keyword in enumerate(order) if keyword == "COPY")


def test_its_user_may_write_to_its_volumes_and_to_no_code() -> None:
    final = [instruction for instruction in BACKEND if instruction.stage == 1]
    made = "".join(i.text for i in final if i.keyword == "RUN")
    directories = dict(re.findall(r"--owner=gati --group=gati --mode=(0\d+) (\S+)", made))
    assert directories == {"0700": "/data", "0755": "/keys"}
    assert not re.search(r"chmod|chown", made)
    # What is copied is root's, with the modes of the repository.
    assert not any("--chown" in i.text or "--chmod" in i.text for i in final)
    for names, _ in copied(BACKEND, 1):
        for path in (REPOSITORY / name for name in names):
            for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
                assert not file.stat().st_mode & 0o002, f"{file} may be written by others"


def test_it_serves_on_8000_and_has_a_health_check() -> None:
    texts = {i.keyword: i.text for i in BACKEND if i.stage == 1}
    assert texts["EXPOSE"] == "8000"
    assert texts["CMD"] == '["python", "-m", "service", "serve"]'
    assert "/health" in texts["HEALTHCHECK"]


def test_the_build_context_holds_what_is_copied_and_nothing_else() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    needed = {name for stage in (0, 1) for names, _ in copied(BACKEND, stage) for name in names}
    assert "*" in lines
    assert sent == needed


def test_the_dashboard_is_the_release_that_the_tests_know() -> None:
    pins = re.findall(r'dashboard = \["gati==([^"]+)"', (REPOSITORY / "pyproject.toml").read_text())
    found = [re.findall(r"\bgati==(\S+) --hash=sha256:[0-9a-f]{64}", i.text) for i in DASHBOARD]
    assert [pin for step in found for pin in step] == pins


def test_every_package_of_the_image_is_known_by_its_hashes() -> None:
    text = (REPOSITORY / "requirements.txt").read_text()
    wanted = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n?", "", text, flags=re.M)).split("\n")
    lines = [line for line in wanted if line]
    assert lines
    for line in lines:
        assert re.fullmatch(r"\S+==\S+( --hash=sha256:[0-9a-f]{64})+", line.strip()), line
    assert "://" not in text


def test_the_image_installs_nothing_without_hashes() -> None:
    steps = [i.text for i in (*BACKEND, *DASHBOARD) if "pip install" in i.text]
    assert len(steps) == 2
    assert [step for step in steps if "--require-hashes" not in step] == []


def test_the_hashes_are_of_the_versions_that_were_chosen() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    chosen = {*project["project"]["dependencies"], *project["build-system"]["requires"]}
    lock = (REPOSITORY / "requirements.txt").read_text()
    locked = set(re.findall(r"^([a-z]\S+==[^\s\\]+)", lock, re.M))
    assert {pin for pin in chosen if not pin.startswith("hatchling")} - locked == set()
    assert {pin for pin in project["dependency-groups"]["meinheld"] if pin not in MEINHELD} == set()


@pytest.mark.parametrize(
    "package", ["falcon", "gunicorn", "flask_swagger_ui", "meinheld", "greenlet"]
)
@pytest.mark.slow
def test_the_install_steps_install(image: Image, package: str) -> None:
    site = next((image.programs.parent / "lib").glob("python*/site-packages"))
    assert list(site.glob(f"{package}-*.dist-info"))
