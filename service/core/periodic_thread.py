"""A background thread that calls a function periodically, and survives every exception."""

import logging
import threading
from collections.abc import Callable

ERROR_PAUSE_SECONDS = 3.0  # at least: a failure that lasts must not fill the log
FAILED = "%s failed, next try in %g s"

log = logging.getLogger(__name__)


class PeriodicThread:
    """Calls `work` every `interval_seconds` until closed; logs its exceptions and goes on."""

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        interval_seconds: float,
        *,
        immediate: bool = False,
        expected: type[Exception] | tuple[type[Exception], ...] = (),
        finish: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare the thread.

        `immediate`: the first call is made at once, not after an interval. `expected` exceptions
        are logged in one line, without a traceback. `finish` is called once, after the last call.
        """
        self._name = name
        self._work = work
        self._interval = interval_seconds
        self._error_pause = max(interval_seconds, ERROR_PAUSE_SECONDS)
        self._immediate = immediate
        self._expected = expected
        self._finish = finish
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    @property
    def is_stopped(self) -> bool:
        """Whether the thread is to end: a `work` that takes long returns then."""
        return self._stopped.is_set()

    def open(self) -> None:
        """Start the thread, unless it has been started."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Make the call under way the last one; does not wait for it."""
        self._stopped.set()

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Make the calls in the caller's own thread, until another one calls stop or close."""
        seconds = 0.0 if self._immediate else self._interval
        while not self._stopped.wait(seconds):
            seconds = self._interval if self._succeeds() else self._error_pause
        self._finish()

    def _succeeds(self) -> bool:
        """Call `work` once; log its exception, if any."""
        try:
            self._work()
        except self._expected as error:
            first_line = str(error).partition("\n")[0]  # others of PostgreSQL's may quote an event
            log.warning(FAILED + ": %s", self._name, self._error_pause, first_line)
            return False
        except Exception:
            log.exception(FAILED, self._name, self._error_pause)
            return False
        return True
