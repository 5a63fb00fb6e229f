"""A real nginx with one of the templates of deploy/, filled in as the image does it."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.leaks import look_through_log

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
# Debian puts it where only root's PATH leads.
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
START_SECONDS = 20.0
# What deploy/nginx/10-limits.envsh sets.
LIMITS = ("BODY_LIMIT_MB", "BODY_BUFFERING", "LARGE_BODIES", "ALL_LARGE_BODIES", "ANSWER_FILE")

# What docker-compose.yml gives the image in the place of its own.
NGINX_CONF = DEPLOY / "nginx" / "nginx.conf"


@dataclass(frozen=True)
class Proxy:
    """A running nginx."""

    port: int

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def exchange(self, request: bytes) -> bytes:
        """Send the bytes as they are and return all that comes until nginx closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            answer = b""
            while received := connection.recv(65536):
                answer += received
            return answer


@contextmanager
def nginx(template: Path, directory: Path, **variables: str) -> Iterator[Proxy]:
    """Run nginx with the template, its `${NAME}` replaced by `variables` and LISTEN."""
    assert NGINX is not None
    port = free_port()
    (directory / "conf.d").mkdir()
    conf = directory / "conf.d" / template.name.removesuffix(".template")
    conf.write_text(filled(template, {**limits(), **variables, "LISTEN": f"127.0.0.1:{port}"}))
    # Workers of a root's nginx become nobody, who may not enter pytest's directories.
    user = "user root;" if os.geteuid() == 0 else ""
    main = directory / "nginx.conf"
    main.write_text(user + around(directory))
    with (directory / "output.log").open("wb") as output:
        process = subprocess.Popen(
            [NGINX, "-p", directory, "-c", main, "-g", "daemon off;"], stdout=output, stderr=output
        )
        try:
            wait_for_port(port, process)
            yield Proxy(port)
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)
    for name in ("output.log", "access.log", "error.log"):
        if (log := directory / name).exists():
            look_through_log(log.read_text(errors="replace"))


def around(directory: Path) -> str:
    """The shipped nginx.conf, with every file in one directory of the test."""
    text = NGINX_CONF.read_text()
    for shipped, ours in (
        ("/tmp/", f"{directory}/"),
        ("/dev/stderr notice", f"{directory}/error.log"),
        ("/etc/nginx/conf.d/", f"{directory}/conf.d/"),
    ):
        assert shipped in text
        text = text.replace(shipped, ours)
    return text


def filled(template: Path, variables: Mapping[str, str]) -> str:
    """The template's text after the image's envsubst: only names that have a value are replaced."""
    text = template.read_text()
    for name, value in variables.items():
        text = text.replace("${" + name + "}", value)
    assert not re.search(r"\$\{\w+\}", text), f"{template.name}: a variable that nothing sets"
    return text


def body_limit_mb(max_body_mb: int) -> str:
    """What deploy/nginx/10-limits.envsh makes of MAX_BODY_MB."""
    return limits(MAX_BODY_MB=str(max_body_mb))["BODY_LIMIT_MB"]


def limits(**environment: str) -> dict[str, str]:
    """What deploy/nginx/10-limits.envsh makes of an environment."""
    script = DEPLOY / "nginx" / "10-limits.envsh"
    done = subprocess.run(
        ["sh", "-c", f'. "$1"; echo {" ".join(f"${name}" for name in LIMITS)}', "sh", script],
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(LIMITS, done.stdout.split(), strict=True))


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once `process` accepts connections on the port."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nothing listens on port {port} after {START_SECONDS} s")
