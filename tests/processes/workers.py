"""The worker classes that may stand alone: the default always, others in `make test-all`."""

import pytest

WORKER_CLASSES = ["gevent", pytest.param("gthread", marks=pytest.mark.every_worker)]
