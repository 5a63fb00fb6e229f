"""Which connection is closed when there are too many."""

from service.core.addresses import TrustedProxies
from service.server.connection_table import ConnectionTable

HERE, THERE = "192.0.2.1", "192.0.2.2"


def filled(*peers: str, capacity: int = 4, proxies: str = "") -> ConnectionTable[int]:
    """A table in which connection 0, 1, … of these peers wait for a head."""
    table: ConnectionTable[int] = ConnectionTable(capacity, TrustedProxies.parse(proxies))
    for number, peer in enumerate(peers):
        assert table.open(number, peer) is None
        table.wait(number)
    return table


def test_an_address_at_its_share_loses_the_one_that_has_waited_longest() -> None:
    table = filled(THERE, HERE, HERE)
    assert table.open(3, HERE) == 1


def test_a_request_in_progress_is_never_closed() -> None:
    table = filled(HERE, HERE)
    table.proceed(0)
    assert table.open(2, HERE) == 1


def test_with_nothing_but_requests_in_progress_the_new_connection_is_refused() -> None:
    table = filled(HERE, HERE)
    table.proceed(0)
    table.proceed(1)
    assert table.open(2, HERE) == 2


def test_a_full_worker_closes_the_one_that_has_waited_longest() -> None:
    table = filled(HERE, THERE, HERE, THERE)
    table.proceed(0)
    table.wait(0)  # its request is answered: it begins to wait
    assert table.open(4, "192.0.2.3") == 1


def test_each_connection_is_chosen_once() -> None:
    table = filled(HERE, HERE)
    assert [table.open(2, HERE), table.open(3, HERE)] == [0, 1]


def test_a_closed_connection_makes_room() -> None:
    table = filled(HERE, HERE)
    table.close(0)
    table.close(0)
    assert 0 not in table
    assert table.open(2, HERE) is None


def test_a_trusted_proxy_and_a_unix_socket_have_no_share() -> None:
    table = filled(HERE, HERE, HERE, "", proxies=HERE)
    assert table.open(4, HERE) == 0


def test_an_ipv6_network_is_one_address() -> None:
    table = filled("2001:db8::1", "2001:db8::2")
    assert table.open(2, "2001:db8::3") == 0
