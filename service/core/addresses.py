"""The client's address of a request: the peer's, or the one that a trusted proxy reports."""

import ipaddress
import socket
from dataclasses import dataclass
from functools import lru_cache

UNIX = "unix"
# An IPv6 client owns 2^64 addresses, so its whole network counts as one client.
IPV6_CLIENT_BITS = 64

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class TrustedProxies:
    """The proxies whose X-Forwarded-For is trusted; by default none."""

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
        """The client's address as text, for IPv6 the network.

        `peer` is empty for a Unix socket. Each proxy appends its peer to `forwarded_for`, and the
        client may forge what precedes. So the list is read from the end, and the client is the
        first address that is no trusted proxy.
        """
        found = to_address(peer)
        if self.trusts(found):
            for text in reversed(forwarded_for.split(",")):
                address = to_address(text)
                if address is None:
                    break  # the proxy hides its peer, so the proxy itself is the client
                found = address
                if not self.trusts(found):
                    break
        return name_of(found)

    def trusts(self, address: Address | None) -> bool:
        """Whether this peer is a trusted proxy; None: a Unix socket."""
        if address is None:
            return self.on_unix_socket
        return any(address in network for network in self.networks)


@lru_cache(1024)
def to_address(text: str) -> Address | None:
    """Parse an address, with or without a port; None if it is not one."""
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
    """Whether the text is a loopback address, such as 127.0.0.1 or [::1]:8000."""
    address = to_address(text)
    return address is not None and address.is_loopback


def name_of(address: Address | None) -> str:
    """The name by which a client is counted."""
    if isinstance(address, ipaddress.IPv6Address):
        return f"{int(address) >> IPV6_CLIENT_BITS:x}::/{IPV6_CLIENT_BITS}"
    return UNIX if address is None else str(address)


def is_loopback(host: str) -> bool:
    """Whether every address of a host name is a loopback address."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False  # binding to the host reports the error
    return all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found
    )
