"""`zhangfang content lint`: the operator's way to the lint of the released content."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from app.standards.loader import load, released
from jobs.console.__main__ import main
from tests.content.test_lint import with_rows


def test_the_command_says_so_and_ends_with_status_3_only_when_there_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clean = CliRunner().invoke(main, ["content", "lint"])
    assert (clean.exit_code, clean.output) == (0, f"0 findings in {len(released())} standards\n")
    whole = load("sbe")
    row = whole.statements["income_statement"].row("31")
    broken = with_rows(whole, "income_statement", replace(row, formula=()))
    monkeypatch.setattr("jobs.console.content.released", lambda: (broken,))
    found = CliRunner().invoke(main, ["content", "lint", "--json"])
    assert found.exit_code == 3
    assert json.loads(found.output) == [
        {
            "standard": "sbe",
            "edition": "2013",
            "kind": "unread",
            "statement": "income_statement",
            "code": "5801",
            "lines": [],
        }
    ]
    assert "sbe 2013 income_statement: unread 5801" in CliRunner().invoke(main, ["content", "lint"]).output
