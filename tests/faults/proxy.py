"""A TCP proxy that cuts, delays, half-opens and swallows, in a thread of its own.

It stands before PostgreSQL, whose COMMIT it knows, or before the service. Loopback only.
"""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

from tests.faults.frontend import Frontend

HOST = "127.0.0.1"
PART_BYTES = 65_536
HANG_SECONDS = 30
COMMITTED = b"COMMIT\0"  # the tag of PostgreSQL's answer

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Link:
    """One connection: the client's two ends, and the server's."""

    def __init__(self, client: Ends, server: Ends) -> None:
        self.client, self.server = client, server
        self.frontend = Frontend()
        self.committing = False  # its COMMIT is on its way, whose answer the client will not get
        self.half_open = False  # the server is gone, and the client has not been told
        self.answer = b""

    def cut(self) -> None:
        """End both connections at once; what was not sent yet is lost."""
        for _, writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    """Passes everything on to `upstream` (a Unix socket, or host and port), until told otherwise.

    `delay_seconds` holds up each part, `swallowing` drops what comes, on new connections too.
    """

    def __init__(self, upstream: Path | tuple[str, int]) -> None:
        self.delay_seconds = 0.0
        self.swallowing = False
        self.cut_commits = 0  # transactions with events that are committed, unknown to the client
        self.abandoned = 0  # connections to PostgreSQL that ended without a farewell
        self.port = 0
        self._upstream = upstream
        self._cuts_due = 0
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        self._do(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self) -> None:
        """Listen, on the same port as before."""
        self._do(self._open())

    def shut(self) -> None:
        """Refuse new connections, and cut those that are there."""
        self._do(self._shut())

    def cut(self) -> None:
        """Cut every connection."""
        self._do(self._cut())

    def half_open(self) -> None:
        """End every connection towards the server; the client is not told, and waits."""
        self._do(self._half_open())

    def cut_after_commit(self, count: int) -> None:
        """Cut the next `count` transactions with events when they have committed, unanswered."""
        self._cuts_due = count

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(HANG_SECONDS)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            # close() would leave a connection open that asyncio has accepted but not wrapped.
            for listening in self._server.sockets:
                self._loop.remove_reader(listening.fileno())
            await asyncio.sleep(0)
            self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        for link in self._links:
            link.cut()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _finish(self) -> None:
        """Let whatever still runs come to its end; what was being accepted is cut only now."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await self._cut()
            await asyncio.wait(others, timeout=0.1)

    async def _half_open(self) -> None:
        for link in self._links:
            link.half_open = True
            link.server[1].transport.abort()

    async def _accept(self, *client: Any) -> None:
        try:
            server = await self._connect()
        except OSError:
            client[1].transport.abort()
            return
        link = Link(client, server)
        self._links.add(link)
        pumps = {asyncio.create_task(self._up(link)), asyncio.create_task(self._down(link))}
        self._tasks |= pumps
        await asyncio.wait(pumps)
        self._tasks -= pumps
        self._links.discard(link)
        self.abandoned += not link.frontend.said_farewell
        link.cut()

    async def _connect(self) -> Ends:
        if isinstance(self._upstream, Path):
            return await asyncio.open_unix_connection(self._upstream)
        return await asyncio.open_connection(*self._upstream)

    async def _up(self, link: Link) -> None:
        """Pass on what the client says; note when it commits."""
        while data := await self._read(link.client):
            if link.frontend.commits(data) and self._cuts_due and not self.swallowing:
                self._cuts_due -= 1
                link.committing = True
            if not (self.swallowing or link.half_open):
                await self._write(link.server, data)
        await self._end(link.server)

    async def _down(self, link: Link) -> None:
        """Pass on what the server says, but for the answer to a COMMIT that is to be cut."""
        while data := await self._read(link.server):
            if link.committing:
                link.answer += data
                if COMMITTED in link.answer:
                    self.cut_commits += 1
                    return link.cut()
            elif not self.swallowing:
                await self._write(link.client, data)
        if not (link.half_open or self.swallowing):
            await self._end(link.client)
        return None

    async def _read(self, ends: Ends) -> bytes:
        """The next part, late where that is asked for; nothing at the end."""
        try:
            data = await ends[0].read(PART_BYTES)
        except OSError:
            return b""
        if data and self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        return data

    async def _write(self, ends: Ends, data: bytes) -> None:
        try:
            ends[1].write(data)
            await ends[1].drain()
        except OSError:
            return

    async def _end(self, ends: Ends) -> None:
        """Pass on that nothing more comes."""
        try:
            if not ends[1].transport.is_closing():
                ends[1].write_eof()
        except OSError:
            return
