"""Policies: what each method of a resource needs. Every resource carries one.

Authorization, RateLimit and ClientShares read nothing else of a resource.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from service.auth.scopes import Scope


class Share(StrEnum):
    """Kinds of requests of which one client may hold no more than its share in a worker."""

    READS = "reads"  # those that run; the share is of the connections for reads
    EXPORTS = "exports"
    STREAMS = "streams"
    WRITES = "writes"  # of scores and log messages; events have a queue of their own


# How many of them a worker serves at a time. An export or a live tail takes a share of its time.
SLOTS = {Share.EXPORTS: 3, Share.STREAMS: 7}


@dataclass(frozen=True)
class Access:
    """What one method needs: a key of one of these scopes, or no key where there are none."""

    scopes: tuple[Scope, ...]
    is_read: bool  # nothing changes: it counts as a read, and a timeout of the database is 504
    share: Share | None = None  # None: not limited by client


PUBLIC = Access((), is_read=True)  # for answers that show nothing of the stored data
READ = Access((Scope.READ, Scope.ADMIN), is_read=True, share=Share.READS)
EXPORT = replace(READ, share=Share.EXPORTS)
STREAM = replace(READ, share=Share.STREAMS)
INGEST = Access((Scope.INGEST, Scope.ADMIN), is_read=False, share=Share.WRITES)
ANY_KEY = Access((Scope.INGEST, Scope.READ, Scope.ADMIN), is_read=True, share=Share.READS)
ADMIN = Access((Scope.ADMIN,), is_read=False)
# Methods that a resource lacks: a client needs such a key to get its 405.
UNSUPPORTED = {"GET": READ, "POST": INGEST, "OPTIONS": PUBLIC}


@dataclass(frozen=True)
class Policy:
    """What the methods of one resource need. HEAD needs what GET needs."""

    methods: Mapping[str, Access]
    unsupported: Access | None = None  # None: by the table UNSUPPORTED
    answers_without_database: bool = False  # then keys stay valid though they cannot be reloaded

    def access(self, method: str) -> Access:
        """What this method needs."""
        if method == "HEAD":
            method = "GET"
        return self.methods.get(method) or self.unsupported or UNSUPPORTED.get(method, ADMIN)


PUBLIC_POLICY = Policy({"GET": PUBLIC}, unsupported=PUBLIC)
