"""Whose request it is: X-Forwarded-For is believed from the end, and only where it is trusted."""

import pytest

from service.core.addresses import TrustedProxies

TRUSTED = "10.0.0.0/8, 192.168.1.5,fd00::/8"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # a peer that is no proxy may say what it likes
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("192.168.1.6", "198.51.100.1", "192.168.1.6"),
        ("", "198.51.100.1", "unix"),
        # a proxy names who asked it
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("192.168.1.5", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "", "10.1.2.3"),
        # what stands before the first that is not trusted is anybody's invention
        ("10.1.2.3", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "1.1.1.1, 198.51.100.1, 10.9.9.9, fd00::1", "198.51.100.1"),
        ("10.1.2.3", "1.1.1.1,10.9.9.9,198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "nonsense, 198.51.100.1", "198.51.100.1"),
        # all are proxies: the first of them
        ("10.1.2.3", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
        # what is no address: the proxy that says so counts
        ("10.1.2.3", "unknown", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1, unknown, 10.0.0.8", "10.0.0.8"),
        ("10.1.2.3", "198.51.100.1, ", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1, 999.1.1.1", "10.1.2.3"),
        # ports, and IPv4 written as IPv6
        ("10.1.2.3", "198.51.100.1:4711", "198.51.100.1"),
        ("10.1.2.3", "[2001:db8::7]:4711", "20010db800000000::/64"),
        ("::ffff:10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"),
        # all of a /64 is one client, the next /64 another
        ("2001:db8::1", "", "20010db800000000::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "", "20010db800000000::/64"),
        ("2001:db8:0:1::1", "", "20010db800000001::/64"),
        ("fe80::1%eth0", "", "fe80000000000000::/64"),
        ("::1", "", "0::/64"),
    ],
)
def test_who_the_client_is(peer: str, forwarded: str, client: str) -> None:
    assert TrustedProxies.parse(TRUSTED).client_of(peer, forwarded) == client


@pytest.mark.parametrize("peer", ["10.1.2.3", "127.0.0.1", "::1", ""])
def test_by_default_nobody_is_believed(peer: str) -> None:
    nobody = TrustedProxies.parse("")
    assert nobody.client_of(peer, "198.51.100.1") == nobody.client_of(peer, "")


def test_a_proxy_on_a_unix_socket_is_believed_where_it_is_named() -> None:
    proxies = TrustedProxies.parse("unix,10.0.0.0/8")
    assert proxies.client_of("", "198.51.100.1, 10.0.0.8") == "198.51.100.1"
    assert proxies.client_of("", "") == "unix"
    assert proxies.client_of("203.0.113.9", "198.51.100.1") == "203.0.113.9"


@pytest.mark.parametrize("text", ["nginx", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "*"])
def test_what_is_no_address_or_network_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="expected addresses, networks or unix"):
        TrustedProxies.parse(f"10.0.0.1,{text}")
