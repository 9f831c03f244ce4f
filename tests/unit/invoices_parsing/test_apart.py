"""Reading in a process of its own: what goes wrong in there by a fault of ours is told here."""

from __future__ import annotations

import logging

import pytest

from app.invoices.parsing import apart
from app.invoices.parsing.errors import PARSER_FAILED
from app.invoices.parsing.types import Parsed, Refused
from infra.sandbox.runner import Sandbox
from infra.sandbox.wire import pack


class _Failing(Sandbox):
    """A sandbox whose parser fails, and says what its net says."""

    def __init__(self, detail: str) -> None:
        self.detail = detail

    def read(self, content: bytes, *facts: str) -> bytes:
        name = facts[0]
        return pack(Parsed(name, refused=(Refused(name, PARSER_FAILED.code, self.detail),)))


@pytest.mark.parametrize(
    ("detail", "logged"), [("InvalidOperation", "InvalidOperation"), ("91110105 secret", "unnamed")]
)
def test_a_parser_that_fails_unexpectedly_is_logged_by_its_type_and_nothing_of_the_file(
    caplog: pytest.LogCaptureFixture, detail: str, logged: str
) -> None:
    with caplog.at_level(logging.ERROR):
        parsed = apart.parse_apart(_Failing(detail), "秘密.xml", b"<secret/>")
    assert [one.code for one in parsed.refused] == ["file.parser_failed"]
    assert [record.getMessage() for record in caplog.records] == [f"a parser failed unexpectedly: {logged}"]
