"""The supervisor's signals, handled one at a time."""

import os
import select
import signal
import socket
from collections import deque
from types import FrameType

WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stop(BaseException):
    """A signal to stop arrived while the service was starting."""


class Signals:
    """SIGTERM, SIGINT and SIGHUP of this process.

    Until the first call of next() a signal to stop raises Stop wherever the program is. From then
    on signals are queued, so a second Ctrl-C cannot interrupt a stop under way.
    """

    def __init__(self) -> None:
        self._queue: deque[int] = deque()
        self._queueing = False
        self._terminal = os.isatty(0)
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        # Without it a signal that arrives just before select() would wait for the timeout.
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (*WATCHED, signal.SIGCHLD):
            signal.signal(number, self._receive)

    def next(self, timeout_seconds: float) -> int | None:
        """Return the oldest queued signal, or None after the timeout or the exit of a child."""
        self._queueing = True
        if not self._queue and select.select([self._woken], [], [], timeout_seconds)[0]:
            self._woken.recv(4096)
        return self._queue.popleft() if self._queue else None

    def ignore(self) -> None:
        """Ignore the signals from now on, in this process and those it starts."""
        for number in WATCHED:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGCHLD:
            return
        if number == signal.SIGHUP and self._terminal and not os.isatty(0):
            number = signal.SIGTERM  # the terminal was closed, so nobody can press Ctrl-C
        if self._queueing:
            self._queue.append(number)
        elif number != signal.SIGHUP:
            raise Stop
