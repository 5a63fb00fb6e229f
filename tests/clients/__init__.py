"""Real client libraries, each as its documentation has it, with the service's address and a key.

They have environments of their own, `.clients/`, which `make test-all` and `make clients` make.
"""

import pytest

pytestmark = [pytest.mark.clients, pytest.mark.processes, pytest.mark.any_postgres]
