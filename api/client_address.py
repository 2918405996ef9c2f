"""Where a request comes from: the peer, or whom a trusted proxy names."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

import falcon

Networks = Sequence[IPv4Network | IPv6Network]


def client_address(req: falcon.Request, trusted: Networks) -> str:
    """The client's address; anybody can send X-Forwarded-For, so only trusted hops count."""
    hops = [part.strip() for part in (req.get_header("X-Forwarded-For") or "").split(",")]
    client = req.remote_addr
    while hops and _is_trusted(client, trusted):
        hop = hops.pop()
        if not is_address(hop):
            break
        client = hop
    return client


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str, trusted: Networks) -> bool:
    return is_address(address) and any(ip_address(address) in network for network in trusted)
