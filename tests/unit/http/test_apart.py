"""Files of requests are read a few at a time, one of a firm, by sandboxes that are kept."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.http.apart import MOST_READINGS, Apart
from app.http.limits.errors import TooManyAtOnce
from infra.hostile.errors import Unreadable
from infra.sandbox.types import Limits
from tenants.scope import TenantRef


def _firm() -> TenantRef:
    return TenantRef(uuid4(), "x", "x", "x", "active", "x")


def _refused(apart: Apart, firm: TenantRef) -> str:
    with pytest.raises(TooManyAtOnce) as refusal:
        apart.read(firm, bytes.decode, b"remember")
    assert (refusal.value.status, refusal.value.headers) == (429, {"Retry-After": "1"})
    return str(refusal.value.params["limit"])


def test_a_firm_has_one_reading_and_a_process_two_and_who_comes_after_is_read() -> None:
    apart, firms = Apart("tests.attack.escapes:attempt", Limits()), [_firm() for _ in range(MOST_READINGS)]

    def more(turn: int) -> str:
        """What is refused while the readings of the firms up to this one are under way."""
        found = _refused(apart, firms[turn])
        if turn + 1 < len(firms):
            return f"{found} {apart.read(firms[turn + 1], lambda _: more(turn + 1), b'remember')}"
        return f"{found} {_refused(apart, _firm())}"

    assert apart.read(firms[0], lambda _: more(0), b"remember") == "firm_readings firm_readings process_readings"
    assert [apart.read(firm, bytes.decode, b"remember") for firm in firms] == ["1"] * len(firms)


def test_a_sandbox_is_kept_and_each_file_has_a_process_of_its_own() -> None:
    apart = Apart("tests.attack.escapes:attempt", Limits())
    assert [apart.read(_firm(), bytes.decode, b"remember") for _ in range(3)] == ["1"] * 3
    assert len(apart._idle) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"vanish", "file.reader_crashed"), (b"hoard", "file.too_heavy"), (b"refuse", "file.bad_name")],
)
def test_a_reading_that_ends_badly_is_refused_by_code_and_gives_its_turn_back(content: bytes, code: str) -> None:
    apart, firm = Apart("tests.attack.escapes:attempt", Limits()), _firm()
    with pytest.raises(Unreadable) as refusal:
        apart.read(firm, bytes.decode, content)
    assert refusal.value.code == code
    assert apart.read(firm, bytes.decode, b"remember") == "1"


def test_an_answer_that_no_reader_gives_is_a_refusal_of_the_file() -> None:
    def disbelieve(answer: bytes) -> UUID:
        raise ValueError(answer)

    with pytest.raises(Unreadable) as refusal:
        Apart("tests.attack.escapes:attempt", Limits()).read(_firm(), disbelieve, b"remember")
    assert refusal.value.code == "file.parser_failed"
