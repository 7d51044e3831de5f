"""Which addresses may be fetched from: those that anybody can reach. A list of suspects is written by others,
and must not lead into the network of whoever reads it."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an address of IPv4
_EMBEDDED = IPv6Network("::/96")  # IPv4-compatible, RFC 4291 section 2.5.5.1


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as text, each once. Raises OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: str) -> bool:
    """Return whether an address is one of the public network: not private, of this computer, of this link,
    multicast or reserved, nor one of IPv6 in which such an address of IPv4 is."""
    found = ip_address(address)
    return all(each.is_global and not each.is_multicast for each in (found, *_within(found)))


def _within(address: Address) -> list[Address]:
    """The addresses of IPv4 that one of IPv6 leads to."""
    if not isinstance(address, IPv6Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _TRANSLATED or address in _EMBEDDED:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
