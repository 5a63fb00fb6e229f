"""The permissions of API keys."""

from enum import StrEnum


class Scope(StrEnum):
    """The scopes of keys; `admin` includes the others."""

    INGEST = "ingest"  # send events and scores, and check that events came
    READ = "read"  # every GET, and the same check
    ADMIN = "admin"  # rename and delete as well
