"""A-DOS: what wants to keep the server busy is turned away, and whoever comes right after is served as ever.

The server is the product's own, with the flags of the embedded stack, over the tests' database; each case is bytes on
a socket of its own. A neighbour asks after every case, and the memory of the workers is looked at in the end.
"""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from app.identity.passwords import service as passwords
from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from app.identity.sessions.service import issue_session
from infra.ids import encode
from infra.local import product
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.attack.dos import bodies, lists, patterns, wires
from tests.attack.dos.cases import Attack, Target
from tests.factories.doors import Doors

ROOMS = (wires, bodies, lists, patterns)
CASES = {title: attack for room in ROOMS for title, attack in room.CASES.items()}
PATIENCE = 20.0  # seconds of silence after which a connection counts as held open
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Server:
    """A running API, who may ask it, and what it is asked about."""

    process: subprocess.Popen[bytes]
    target: Target

    def send(self, content: bytes) -> bytes:
        """What the server answers to bytes, until it closes or falls silent."""
        with closing(socket.create_connection(self.target.at, timeout=PATIENCE)) as wire:
            with suppress(OSError):  # refused before everything was sent; what was answered can still be read
                wire.sendall(content)
            return b"".join(_pieces(wire))

    def neighbour(self) -> int:
        """The status another caller gets."""
        asked = http.client.HTTPConnection(*self.target.at, timeout=PATIENCE)
        with closing(asked):
            asked.request("GET", "/v1/me", headers={"Authorization": f"Bearer {self.target.other}"})
            return asked.getresponse().status

    def workers(self) -> list[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


def _pieces(wire: socket.socket) -> Iterator[bytes]:
    """What comes, up to the end of the first answers: a second one would follow at once."""
    try:
        while piece := wire.recv(65536):
            yield piece
            wire.settimeout(0.3)
    except OSError:
        return


def _person(ports: Ports, firm: TenantRef, name: str) -> str:
    now = ports.clock()
    with ports.engine.begin() as connection:
        new = NewUser(f"{name}@dos.test", name, "correct horse battery")
        person = create_user(connection, firm.id, new, "owner", now)
        return issue_session(connection, firm.id, person, now).secret


@pytest.fixture(scope="module")
def server(ports: Ports, firm: TenantRef, environment: dict[str, str]) -> Iterator[Server]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        tokens = [_person(ports, firm, name) for name in ("attacker", "neighbour")]
        book = encode("bk", Doors(ports, firm).new_book().uid)
        with socket.create_server(("127.0.0.1", 0)) as free:
            at = free.getsockname()
        settings = {**environment, "API_HOST": at[0], "API_PORT": str(at[1])}
        (api,) = product.processes(settings, ["api"])
        silent = subprocess.DEVNULL
        running = subprocess.Popen(list(api.argv), env=dict(api.env), cwd=api.cwd, stdout=silent, stderr=silent)
        try:
            assert api.ready
            _await(api.ready)
            yield Server(running, Target(at, tokens[0], tokens[1], book))
        finally:
            running.terminate()
            running.wait()


def _await(ready: Callable[[], None]) -> None:
    deadline = time.monotonic() + 180  # a busy machine starts a server slowly
    while True:
        try:
            return ready()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _memory(pid: int, line: str) -> int:
    """A line of the process's own account of its memory, in bytes."""
    found = re.search(rf"{line}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


@pytest.fixture(scope="module")
def frugal(server: Server) -> Iterator[None]:
    """The workers' highest water during the attacks lies at most 100 MB above what they held before."""
    for _ in range(20):
        server.neighbour()
    before = {}
    for pid in server.workers():
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget the high-water mark
        before[pid] = _memory(pid, "VmRSS")
    yield
    assert sorted(before) == sorted(server.workers()), "a worker died"
    grown = {pid: (_memory(pid, "VmHWM") - held) // MEGABYTE for pid, held in before.items()}
    assert max(grown.values()) <= 100, grown


@pytest.mark.parametrize(
    "title", [pytest.param(title, marks=[pytest.mark.long] if turn % 4 else []) for turn, title in enumerate(CASES)]
)
def test_an_attack_on_the_server_is_turned_away_and_its_neighbour_served(
    title: str, server: Server, frugal: None
) -> None:
    attack: Attack = CASES[title]
    answer = server.send(attack.make(server.target))
    statuses = [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", answer, re.M)]
    assert server.neighbour() == 200
    assert len(statuses) <= 1, statuses
    assert all(400 <= status < 500 for status in statuses), answer[:2000]
    assert attack.code in answer.decode("utf-8", "replace")


def test_a_slow_crowd_from_one_address_leaves_room_for_everybody_else(server: Server) -> None:
    head = b"POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.create_connection(server.target.at)) for _ in range(60)]
        for wire in crowd:
            wire.sendall(head)
        assert [server.neighbour() for _ in range(20)] == [200] * 20
        for wire in crowd:
            wire.settimeout(0.2)
        answers = b"".join(b"".join(_pieces(wire)) for wire in crowd)
        assert answers.count(b'"limit":"address_bodies"') >= 60 - 2 * 8
    assert server.neighbour() == 200


def test_a_crowd_that_only_waits_or_speaks_slowly_shuts_nobody_out(server: Server) -> None:
    asked, slow = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: "
    with ExitStack() as stack:
        for head in (asked, slow) * 150:
            wire = stack.enter_context(socket.create_connection(server.target.at, timeout=5))
            wire.sendall(head)
            if head is asked:
                assert wire.recv(12) == b"HTTP/1.1 200"
        assert [server.neighbour() for _ in range(20)] == [200] * 20


def test_bodies_that_never_end_from_many_addresses_leave_room_for_who_only_reads(server: Server) -> None:
    head = b"POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    with ExitStack() as stack:
        for number in range(160):
            source = (f"127.0.0.{2 + number % 10}", 0)
            wire = stack.enter_context(socket.create_connection(server.target.at, timeout=5, source_address=source))
            wire.sendall(head)
        assert [server.neighbour() for _ in range(20)] == [200] * 20
    assert server.neighbour() == 200


def test_the_attacks_are_at_least_as_many_as_were_asked_for(server: Server) -> None:
    made: list[Any] = [attack.make(server.target) for attack in CASES.values()]
    assert len(CASES) == sum(len(room.CASES) for room in ROOMS) >= 70
    assert len(set(made)) == len(made)


def _seconds(expression: re.Pattern[str], texts: list[str]) -> float:
    """The best of five looks at texts."""
    seen = []
    for _ in range(5):
        began = time.perf_counter()
        for text in texts:
            expression.search(text)
        seen.append(time.perf_counter() - began)
    return min(seen)


@pytest.mark.parametrize(
    ("far", "codes"), [("BZ49990", {"import.unreadable"}), ("AN49990", {"import.headers_missing"})],
    ids=["over the limits", "just under the limits"],
)  # fmt: skip
def test_workbooks_that_fill_a_reader_leave_the_servers_memory_and_its_neighbours_alone(
    server: Server, far: str, codes: set[str]
) -> None:
    for _ in range(20):
        server.neighbour()
    held = {}
    for pid in server.workers():
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        held[pid] = _memory(pid, "VmRSS")
    content = bodies.wide_workbook(far)
    with ThreadPoolExecutor(6) as crowd:
        asked = [crowd.submit(_until_read, server, content) for _ in range(6)]
        while not all(one.done() for one in asked):
            assert server.neighbour() == 200
    assert {one.result() for one in asked} == codes
    assert sorted(held) == sorted(server.workers()), "a worker died"
    grown = {pid: (_memory(pid, "VmHWM") - before) // MEGABYTE for pid, before in held.items()}
    assert max(grown.values()) <= 100, grown


def _until_read(server: Server, content: bytes) -> str:
    """The code of the answer to a workbook, asked for again as long as others are being read."""
    for _ in range(120):
        answer = server.send(bodies.import_of(server.target, content)).decode("utf-8", "replace")
        found = re.search(r'"code":"([\w.]+)"', answer)
        assert found, answer
        if found[1] != "rate.concurrent":
            return found[1]
        assert answer.startswith("HTTP/1.1 429") and re.search(r"^retry-after: 1\r$", answer, re.M | re.I), answer
        time.sleep(1)
    return "never read"


@pytest.mark.parametrize("pattern", sorted(set(patterns.patterns())))
def test_no_pattern_of_the_contract_tries_all_ways(pattern: str) -> None:
    expression = re.compile(pattern)
    short, long = (patterns.bombs(pattern, length) for length in (4_000, 32_000))
    benign = ["a" * 32_000] * len(long)
    if all(expression.search(text) for text in long):  # it takes nearly everything: what comes last is refused
        short, long = ([f"{text}\0" for text in texts] for texts in (short, long))
    assert not all(expression.search(text) for text in long)
    assert _seconds(expression, long) <= 0.001 + 20 * max(_seconds(expression, short), _seconds(expression, benign))
