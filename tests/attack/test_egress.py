"""A-SSRF: seventy ways to name an internal address, tried on the one client that goes out, with a canary inside."""

from __future__ import annotations

import datetime
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.egress import AddressRefused, AnswerRefused, Egress, EgressFailed, UrlRefused, public
from infra.errors import Refusal
from tests.attack.canary import Canary

HOST, ELSEWHERE = "hook.example.com", "93.184.216.34"
_URLS = """
http://{host}/ | https://127.0.0.1/ | https://127.1/ | https://2130706433/ | https://0x7f000001/
https://0177.0.0.1/ | https://0x7f.0.0.1/ | https://0/ | https://0.0.0.0/ | https://127.0.0.1.:443/
https://[::1]/ | https://[::]/ | https://[::ffff:127.0.0.1]/ | https://[::ffff:7f00:1]/
https://[64:ff9b::7f00:1]/ | https://[fe80::1%25eth0]/ | https://[2002:7f00:1::]/ | https://[2001:0:7f00:1::]/
https://169.254.169.254/latest/meta-data/ | https://100.100.100.200/latest/ | https://localhost/
https://LOCALHOST/ | https://localhost./ | https://internal/ | https://{host}./ | https://{host}:80/
https://{host}:22/ | https://{host}:6379/ | https://{host}:0/ | https://{host}:99999/ | https://{host}:/
https://user@{host}/ | https://user:pass@{host}/ | https://{host}@127.0.0.1/ | https://127.0.0.1#@{host}/
https://127.0.0.1\\@{host}/ | https://{host}\\.evil.com/ | https://{host}#fragment | https://{host}/#a
https://{host}/a b | https://{host}/a\tb | https://{host}/a\r\nX: 1 | https://{host}/é | https://例子.中国/
https://ｅｘａｍｐｌｅ.com/ | https://①②⑦.⓪.⓪.①/ | https://127。0。0。1/ | https://%6c%6f%63%61%6c%68%6f%73%74/
https://{host}%00.evil.com/ | https:///{host}/ | https:/{host}/ | https:{host} | //{host}/ | {host}
file:///etc/passwd | gopher://{host}/_ | ftp://{host}/ | dict://{host}:11/ | ldap://{host}/ | data:text/plain,a
jar:https://{host}!/ | javascript:1 | https://-a.com/ | https://a-.com/ | https://a..com/ | https://.com/
https://a_b.com/ | https://example.c0m1/ |  https://{host}/
"""
URLS = [url.lstrip("\n") for url in _URLS.replace("\n", " | ").replace("{host}", HOST).split(" | ") if url.strip()]
INSIDE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
    "169.254.169.254", "169.254.0.23", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::", "2001:10::1", "2001:db8::1", "2002:7f00:1::",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "not an address",
)  # fmt: skip


class Server:
    """A TLS server on loopback for `HOST`, answering every call with what it is given; it notes what it was asked."""

    def __init__(self, folder: Path, answer: Callable[[ssl.SSLSocket], None], names: str = HOST) -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self.tls = ssl.create_default_context()
        self._listen = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listen.getsockname()[1])
        self._own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._own.load_cert_chain(_certificate(folder, names))
        self.tls.load_verify_locations(folder / "certificate.pem")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                end, _ = self._listen.accept()
            except OSError:
                return
            with suppress(OSError), self._own.wrap_socket(end, server_side=True) as secure:
                self.asked.append(_asked(secure))
                self._answer(secure)

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        """Where the client thinks the open network is."""
        assert (address, port) == (ELSEWHERE, 443)
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def close(self) -> None:
        """Stop listening."""
        self._listen.close()


def _asked(end: ssl.SSLSocket) -> bytes:
    """A request with its whole body: who closes with something unread resets the connection."""
    asked = b""
    while piece := end.recv(65_536):
        asked += piece
        head, over, body = asked.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if over and len(body) >= (int(length[1]) if length else 0):
            break
    return asked


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., tuple[Egress, Server]]]:
    opened = []

    def start(
        answer: bytes | Callable[[ssl.SSLSocket], None], names: str = HOST, seconds: float = 5.0
    ) -> tuple[Egress, Server]:
        server = Server(tmp_path, answer if callable(answer) else lambda end: end.sendall(answer), names)
        opened.append(server)
        client = Egress(seconds=seconds, tls=server.tls, resolve=lambda *_: [ELSEWHERE], connect=server.connect)
        return client, server

    yield start
    for server in opened:
        server.close()


def unreachable(address: str, port: int, seconds: float) -> socket.socket:
    raise AssertionError(f"a connection to {address}")


@pytest.mark.parametrize("url", URLS, ids=ascii)
def test_a_url_that_is_no_plain_https_name_is_refused_before_anybody_is_asked(url: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(UrlRefused):
        Egress(resolve=resolve, connect=unreachable).send("GET", url)


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("beside", [(), (ELSEWHERE,), (ELSEWHERE, "2606:2800:220:1:248:1893:25c8:1946")])
def test_a_name_with_one_inner_address_is_refused_whole(address: str, beside: tuple[str, ...]) -> None:
    for addresses in ([address, *beside], [*beside, address]):
        with pytest.raises(AddressRefused):
            Egress(resolve=lambda *_, found=addresses: found, connect=unreachable).send("GET", f"https://{HOST}/")


def test_seventy_urls_and_no_fewer() -> None:
    assert len(set(URLS)) >= 70
    assert all(map(public, (ELSEWHERE, "8.8.8.8", "223.5.5.5", "2400:3200::1")))
    assert not any(ipaddress.ip_address(one).is_loopback and public(one) for one in ("127.0.0.1", "::1"))


def test_the_machine_itself_is_not_reached_by_its_real_resolver() -> None:
    with Canary() as canary:
        client = Egress(ports=[canary.port], resolve=lambda *_: ["127.0.0.1"])
        for name in ("localhost.example.com", HOST):
            with pytest.raises(AddressRefused):
                client.send("GET", f"https://{name}:{canary.port}/")
        assert canary.visitors == []
        canary.visit()
        assert len(canary.visitors) == 1


def test_a_name_is_resolved_once_and_that_address_is_called(serve) -> None:
    _, server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok")
    lookups = iter([[ELSEWHERE], ["127.0.0.1"]])
    client = Egress(tls=server.tls, resolve=lambda *_: next(lookups), connect=server.connect)
    answer = client.send("POST", f"https://{HOST.upper()}?a=1", {"X-Id": "7"}, b"{}")
    assert (answer.status, answer.headers["x-a"], answer.body) == (200, "b", b"ok")
    head = server.asked[0].decode()
    assert head.startswith("POST /?a=1 HTTP/1.1\r\n")
    assert f"Host: {HOST}\r\n" in head
    with pytest.raises(AddressRefused):
        client.send("GET", f"https://{HOST}/")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_no_redirect_is_followed(serve, status: int) -> None:
    client, server = serve(b"HTTP/1.1 %d X\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n" % status)
    with pytest.raises(AnswerRefused):
        client.send("GET", f"https://{HOST}/")
    assert len(server.asked) == 1


@pytest.mark.parametrize("length", [b"Content-Length: 65537\r\n", b"Transfer-Encoding: chunked\r\n", b""])
def test_an_answer_of_more_than_64_kb_is_refused(serve, length: bytes) -> None:
    body = b"10001\r\n" + b"x" * 65_537 + b"\r\n0\r\n\r\n" if b"chunked" in length else b"x" * 65_537
    client, _ = serve(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + body)
    with pytest.raises(AnswerRefused):
        client.send("GET", f"https://{HOST}/")


def test_who_cannot_prove_the_name_is_not_spoken_to(serve) -> None:
    client, server = serve(b"HTTP/1.1 200 OK\r\n\r\n", names="other.example.com")
    with pytest.raises(EgressFailed):
        client.send("POST", f"https://{HOST}/", body=b"secret")
    assert not any(b"secret" in asked for asked in server.asked)


def test_an_answer_that_ends_before_its_length_is_none(serve) -> None:
    client, _ = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    with pytest.raises(EgressFailed):
        client.send("GET", f"https://{HOST}/")


def test_who_drips_his_answer_is_cut_off_at_the_deadline(serve) -> None:
    def drip(end: ssl.SSLSocket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1000:
            end.sendall(bytes([byte]))
            time.sleep(0.05)

    client, _ = serve(drip, seconds=1.0)
    began = time.monotonic()
    with pytest.raises(EgressFailed):
        client.send("GET", f"https://{HOST}/")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(("name", "value"), [("X-A", "b\r\nX-B: c"), ("X-A\r\nX-B", "c")])
def test_a_header_cannot_carry_another(serve, name: str, value: str) -> None:
    client, server = serve(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(Refusal):
        client.send("GET", f"https://{HOST}/", {name: value})
    assert not any(b"X-B" in asked for asked in server.asked)


def test_a_name_that_nobody_knows_is_worth_another_attempt() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "unknown")

    with pytest.raises(EgressFailed) as failure:
        Egress(resolve=resolve, connect=unreachable).send("GET", f"https://{HOST}/")
    assert failure.value.retryable
