"""The one way out: HTTPS calls to addresses that strangers named (webhooks, login providers), checked before each call.

Invariant: a name is resolved once, every address it has is checked, and the connection goes to the very address that
was checked while TLS proves the name (SEC-050). Nothing is followed, and an answer is bounded in bytes and in time.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from infra.errors import RuleViolation, Unavailable

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, int, float], socket.socket]
_URL = re.compile(
    r"https://(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59}))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?(?P<target>(?:/[!\"$-\[\]-~]*)?(?:\?[!\"$-\[\]-~]*)?)",
    re.IGNORECASE,
)  # a name and never a number, nobody's password, no `#`, no backslash, no blank
_LONGEST_URL, _MOST_ADDRESSES = 2_000, 20
_METHODS = {"GET", "POST", "PUT", "DELETE"}
_TRIED = 3
# IANA's registries of special addresses, and 168.63.129.16, the host of a virtual machine at one large provider;
# `is_global` would let multicast and the metadata address behind NAT64 pass
_NO_4 = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
)))  # fmt: skip
_YES_6 = ipaddress.IPv6Network("2000::/3")  # all that is given out; IPv4-mapped, NAT64 and local ones lie outside
_NO_6 = tuple(map(ipaddress.IPv6Network, (
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)))  # fmt: skip


class UrlRefused(RuleViolation):
    """The URL is none that is called."""

    code = "egress.url_refused"
    zh = "只允许以 https:// 加域名开头的地址，端口须在许可之列。"
    en = "Only https:// with a host name and an allowed port is called."


class AddressRefused(RuleViolation):
    """The name leads, with at least one of its addresses, to where nobody outside may send us."""

    code = "egress.address_refused"
    zh = "域名 {host} 指向内部或保留的网络地址。"
    en = "The name {host} leads to an internal or reserved address."


class AnswerRefused(RuleViolation):
    """The other side answered with a redirect or with too much."""

    code = "egress.answer_refused"
    zh = "对方的应答是跳转或超过大小上限。"
    en = "The answer was a redirect or over the size limit."


class EgressFailed(Unavailable):
    """The other side did not answer in time or could not prove its name."""

    code = "egress.failed"
    zh = "对方服务未能在时限内应答或证书无效。"
    en = "The other side did not answer in time, or its certificate does not hold."
    retryable = True


class Answer(NamedTuple):
    """What the other side said; hostile like anything from outside. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def public(address: str) -> bool:
    """Whether an IP address in plain notation is one of the open network."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv4Address):
        return not any(one in net for net in _NO_4)
    return one.scope_id is None and one in _YES_6 and not any(one in net for net in _NO_6)


def _resolve(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), seconds)


class Egress:
    """A client for one purpose; `resolve` and `connect` are the two ends that tests hold."""

    def __init__(
        self,
        *,
        ports: Collection[int] = (443,),
        seconds: float = 20.0,
        most: int = 65_536,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = _resolve,
        connect: Connect = _connect,
    ) -> None:
        self._ports, self._seconds, self._most = frozenset(ports), seconds, most
        self._tls = tls or ssl.create_default_context()
        self._lookup, self._connect = resolve, connect
        self._resolver = ThreadPoolExecutor(4, "egress-resolver")

    def send(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """One call and its whole answer, whatever its status but a redirect; `headers` are the product's own words.

        Raises `UrlRefused`, `AddressRefused`, `AnswerRefused`, or `EgressFailed`, which is worth another attempt.
        """
        host, port, target = self._parts(method, url)
        deadline = time.monotonic() + self._seconds
        addresses = self._checked(host, port)
        try:
            end = self._opened(addresses, port, deadline)
            with end, _Guillotine(end, deadline), self._tls.wrap_socket(end, server_hostname=host) as secure:
                answer = self._exchange(secure, host, port, method, target, dict(headers or {}), body)
            if time.monotonic() >= deadline:  # what was cut off may look like an answer that is over
                raise EgressFailed
            return answer
        except (OSError, http.client.HTTPException, ValueError):
            raise EgressFailed from None

    def _parts(self, method: str, url: str) -> tuple[str, int, str]:
        parts = _URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
        port = int(parts["port"] or 443) if parts else 0
        if parts is None or port not in self._ports or len(parts["host"]) > 253 or method not in _METHODS:
            raise UrlRefused
        target = parts["target"]
        return parts["host"].lower(), port, target if target.startswith("/") else f"/{target}"

    def _checked(self, host: str, port: int) -> Sequence[str]:
        """Every address of a name; one that is not public spoils them all."""
        try:
            addresses = self._resolver.submit(self._lookup, host, port).result(self._seconds)
        except (OSError, UnicodeError, TimeoutError):
            raise EgressFailed from None
        if not 0 < len(addresses) <= _MOST_ADDRESSES or not all(map(public, addresses)):
            raise AddressRefused(host=host)
        return addresses

    def _opened(self, addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
        failure = OSError("no address")
        for address in list(dict.fromkeys(addresses))[:_TRIED]:
            try:
                return self._connect(address, port, max(deadline - time.monotonic(), 0.001))
            except OSError as error:
                failure = error
        raise failure

    def _exchange(
        self, end: ssl.SSLSocket, host: str, port: int, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = http.client.HTTPS_PORT
        connection.sock = end
        connection.request(method, target, body or None, {**headers, "Connection": "close"})
        response = connection.getresponse()
        content = response.read(self._most + 1)
        if 300 <= response.status < 400 or len(content) > self._most:
            raise AnswerRefused
        if response.length:
            raise EgressFailed
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)


class _Guillotine:
    """Cuts a connection at its deadline: a timeout of the socket begins anew with every byte that drips."""

    def __init__(self, end: socket.socket, deadline: float) -> None:
        self._other = socket.socket(fileno=os.dup(end.fileno()))
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0), self._fall)
        self._timer.daemon = True

    def _fall(self) -> None:
        with suppress(OSError):
            self._other.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._other.close()
