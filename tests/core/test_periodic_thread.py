"""A periodic thread goes on after any exception, and ends when it is closed."""

import logging
import threading
from collections.abc import Iterator

import psycopg
import pytest

from service.core import periodic_thread
from service.core.periodic_thread import PeriodicThread
from tests.processes.harness import until


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic_thread, "ERROR_PAUSE_SECONDS", 0.01)


class Work:
    """Raises the errors one after the other, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self._errors: Iterator[Exception] = iter(errors)
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        for error in self._errors:
            raise error


@pytest.mark.parametrize(
    "error",
    [psycopg.OperationalError("away"), ValueError("wrong"), AssertionError(), TimeoutError()],
    ids=lambda error: type(error).__name__,
)
def test_a_thread_goes_on_after_any_exception_and_logs_it(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(error, error)
    thread = PeriodicThread("work", work, 0.001, expected=psycopg.Error)
    thread.open()
    until(lambda: work.calls >= 4, "the thread has ended")
    thread.close()
    calls = work.calls
    if isinstance(error, psycopg.Error):
        expected = (logging.WARNING, "work failed, next try in 0.01 s: away", False)
    else:
        expected = (logging.ERROR, "work failed, next try in 0.01 s", True)
    logged = [(line.levelno, line.getMessage(), bool(line.exc_info)) for line in caplog.records]
    assert logged == [expected] * 2
    assert work.calls == calls


def test_the_first_call_is_immediate_or_comes_after_an_interval() -> None:
    at_once, later = Work(), Work()
    threads = [
        PeriodicThread("at once", at_once, 60.0, immediate=True),
        PeriodicThread("later", later, 60.0),
    ]
    for thread in threads:
        thread.open()
    until(lambda: at_once.calls, "no call")
    for thread in threads:
        thread.close()
    assert (at_once.calls, later.calls) == (1, 0)


def test_the_last_step_is_taken_once_in_the_thread_also_after_an_error() -> None:
    finished: list[str] = []
    work = Work(ValueError())
    thread = PeriodicThread(
        "work", work, 0.0, finish=lambda: finished.append(threading.current_thread().name)
    )
    thread.open()
    thread.open()  # has no effect
    until(lambda: work.calls, "no call")
    thread.close()
    thread.close()
    assert finished == ["work"]


def test_a_thread_that_was_never_opened_can_be_closed_and_run_ends() -> None:
    work = Work()
    thread = PeriodicThread("work", work, 0.0, immediate=True)
    thread.close()
    thread.run()
    assert work.calls == 0
