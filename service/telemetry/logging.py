"""The log: one JSON object per line on standard error, without secrets.

Every line has `time` (UTC), `level`, `logger`, `process` and `message`, and the fields given as
`extra`. An exception is logged by its type and code positions, because its text may quote an event,
as PostgreSQL's DETAIL and CONTEXT do.

gunicorn's master imports this module, so it imports only modules that the master has loaded.
"""

import json
import logging
import os
import re
import traceback
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gunicorn import glogging

from service.config import held_config
from service.core.visible import visible
from service.telemetry.log_limit import refused

KEY = re.compile(r"gati_(ingest|read|admin)_[0-9A-Za-z]{8}_[0-9A-Za-z]+")
REMOVED = "[removed]"
SHORTEST_SECRET = 4  # a shorter password would be found in half of all words
HARMLESS = (ImportError, OSError)  # of a start that fails: no request can write their text
OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


# gunicorn's lines quote the query and the request line, which may be the rest of a body.
QUOTING = re.compile(
    r"^(Invalid request from ip=\S+: [A-Za-z ]+|Error handling request [^?]{0,200}).*", re.S
)

# Of gunicorn and of server/, about a client that sends no valid HTTP or holds many connections.
INVALID = re.compile(r"^(?:Invalid request|HTTP/2|Too many connections) from ip=(\S+?):? ")


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON, without API keys and database passwords."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets = database_passwords()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": QUOTING.sub(r"\1", record.getMessage()),
            **{name: value for name, value in vars(record).items() if name not in OWN},
        }
        if record.exc_info and record.exc_info[1]:
            fields |= told(record.exc_info[1])
        line = json.dumps(fields, ensure_ascii=False, default=str)
        return visible(self._without_secrets(line))

    def _without_secrets(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, REMOVED).replace(json.dumps(secret)[1:-1], REMOVED)
        return KEY.sub(REMOVED, line)


def told(error: BaseException) -> dict[str, Any]:
    """The loggable fields of an exception; `cause` holds those of its cause."""
    found = {
        "exception": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None),
        "reason": reason(error) if isinstance(error, HARMLESS) else None,
        "places": places_of(error),
        "cause": told(cause) if (cause := error.__cause__ or error.__context__) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def places_of(error: BaseException) -> list[str]:
    """The code positions of the traceback, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def database_passwords() -> list[str]:
    """The PostgreSQL passwords of the configuration, in every spelling."""
    config = held_config.read()
    found = {os.environ.get("PGPASSWORD", "")}
    for url in (config.database_url, config.database_ingest_url, *config.database_read_url):
        parts = urlsplit(url or "")
        found |= {parts.password or "", unquote(parts.password or "")}
        found |= set(parse_qs(parts.query).get("password", []))
    return sorted((text for text in found if len(text) >= SHORTEST_SECRET), key=len, reverse=True)


def reason(error: BaseException) -> str:
    """The first line of an error's text; PostgreSQL's further lines may quote an event."""
    return str(error).partition("\n")[0]


class Log(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's logger; it also configures all other loggers: JSON on standard error."""

    def setup(self, cfg: Any) -> None:
        """Configure all loggers; gunicorn calls it again at a reload."""
        super().setup(cfg)
        formatter = JsonFormatter()
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter)
        logging.basicConfig(level=self.loglevel, handlers=self.error_log.handlers, force=True)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Write a warning; those about invalid requests up to the limits of log_limit.py."""
        invalid = INVALID.match(msg)
        if invalid is None or refused.allows(invalid[1]):
            super().warning(msg, *args, **kwargs)
