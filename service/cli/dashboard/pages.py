"""The files of the dashboard, and below /api the answers of the service."""

from collections.abc import Callable
from contextlib import closing, suppress
from http.server import SimpleHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from service.cli.dashboard.forwarding import BROKEN, PREFIX, Answer, Forwarding, Parts

# The released page has this address of the service built in.
RELEASED_ADDRESS = b"http://localhost:8000"
# DNS rebinding: another page could point its own name at 127.0.0.1, and read with the key.
OWN_NAMES = ("localhost", "127.0.0.1", "::1")
MAX_BODY_BYTES = 1_000_000  # of a rename or a description


class Pages(SimpleHTTPRequestHandler):
    """Serves a single page application.

    A path that is no file is a view, and gets index.html. Scripts are rewritten to send requests to
    this server: other pages cannot read the answers, because CORS is not granted.
    """

    protocol_version = (
        "HTTP/1.1"  # for chunks: without them a body that is cut short looks complete
    )

    def __init__(self, *args: object, directory: str, service: Forwarding) -> None:
        self._service = service
        # The base class answers the request within its __init__.
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with a file, or forward to the service."""
        self._answer(super().do_GET)

    def do_HEAD(self) -> None:
        """Answer as do_GET, without the content."""
        self._answer(super().do_HEAD)

    def do_PATCH(self) -> None:
        """Forward a change."""
        self._answer(None)

    do_DELETE = do_PATCH  # noqa: N815 - http.server's way to name a method

    def _answer(self, send_file: Callable[[], None] | None) -> None:
        if name_of(self.headers.get("Host", "")) not in OWN_NAMES:
            self.send_error(421)
        elif self.path.startswith(f"{PREFIX}/") or self.path == "/health":
            self._send(self._forward())
        elif send_file:
            send_file()
        else:
            self.send_error(405)

    def _forward(self) -> Answer:
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdigit() else MAX_BODY_BYTES + 1
        if size > MAX_BODY_BYTES:
            return Answer(413, [], b"")
        body = self.rfile.read(size)
        return self._service.forward(self.command, self.path, self.headers.items(), body)

    def _send(self, answer: Answer) -> None:
        if answer.parts is not None and self.request_version != self.protocol_version:
            answer.parts.close()
            self.send_error(505)
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.parts is None:
            self.send_header("Content-Length", str(len(answer.body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.parts is not None:
            self._send_chunks(answer.parts)

    def _send_chunks(self, parts: Parts) -> None:
        """Write the parts as they arrive; a body that is cut short gets no final chunk."""
        with closing(parts), suppress(*BROKEN):
            for part in parts:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Answer the headers and return the content, for GET and HEAD alike."""
        path = Path(self.translate_path(self.path))  # the base class keeps it below the directory
        if not path.is_file():
            if "." in urlsplit(self.path).path:
                self.send_error(404)
                return None
            path = Path(self.directory) / "index.html"
        content = path.read_bytes()
        if path.suffix == ".js":
            content = with_own_address(content, f"http://{self.headers['Host']}".encode())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-cache")  # the address may change with a restart
        self.send_header("Connection", "close")
        self.end_headers()
        return BytesIO(content)

    def version_string(self) -> str:
        """Return the Server header, without the version of Python."""
        return "gati-dashboard"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Log nothing, because the page polls every five seconds."""


def with_own_address(script: bytes, own: bytes) -> bytes:
    """Return a script that sends its requests to `own`."""
    base = b'"%s"' % RELEASED_ADDRESS
    return script.replace(base, b'"%s%s"' % (own, PREFIX.encode())).replace(RELEASED_ADDRESS, own)


def name_of(host: str) -> str | None:
    """Return the name or address of a Host header."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
