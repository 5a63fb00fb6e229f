"""Whose request it is: the peer's, or whose a trusted proxy says that it is."""

import ipaddress
import socket
from dataclasses import dataclass

UNIX = "unix"
# An IPv6 client has 2^64 addresses to send from: its whole network is one client.
IPV6_CLIENT_BITS = 64

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class TrustedProxies:
    """The proxies whose X-Forwarded-For is believed; by default none is."""

    networks: tuple[Network, ...] = ()
    on_unix_socket: bool = False

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """Read addresses, networks and `unix`, separated by commas; raises ValueError."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        try:
            networks = tuple(ipaddress.ip_network(word) for word in words if word != UNIX)
        except ValueError as error:
            raise ValueError(f"expected addresses, networks or unix: {error}") from None
        return cls(networks, UNIX in words)

    def client_of(self, peer: str, forwarded_for: str) -> str:
        """The client's address, of IPv6 the network, as text.

        `peer` is empty for who comes through a Unix socket. Each proxy adds who asked it at the end
        of `forwarded_for`, and what stands before may be the client's own invention: so it is read
        from the end, and the first address that is no trusted proxy's counts.
        """
        found = to_address(peer)
        if self._trusts(found):
            for text in reversed(forwarded_for.split(",")):
                address = to_address(text)
                if address is None:
                    break  # the proxy does not say who it was: it counts itself
                found = address
                if not self._trusts(found):
                    break
        return name_of(found)

    def _trusts(self, address: Address | None) -> bool:
        if address is None:
            return self.on_unix_socket
        return any(address in network for network in self.networks)


def to_address(text: str) -> Address | None:
    """Read an address, perhaps with a port; None for what is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback_address(text: str) -> bool:
    """Whether it is an address of this machine alone, such as 127.0.0.1 or [::1]:8000."""
    address = to_address(text)
    return address is not None and address.is_loopback


def name_of(address: Address | None) -> str:
    """What a client is counted by."""
    if isinstance(address, ipaddress.IPv6Address):
        return f"{int(address) >> IPV6_CLIENT_BITS:x}::/{IPV6_CLIENT_BITS}"
    return UNIX if address is None else str(address)


def is_loopback(host: str) -> bool:
    """Whether every address that the name stands for reaches this machine alone."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False  # the start itself will say what is wrong with it
    return all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found
    )
