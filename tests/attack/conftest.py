"""Says at the end of a run how many attacks of each kind were tried and held off; and lends the API's callers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from tests.api.conftest import _cheap_passwords, app, client, member, operator, other_firm, owner  # noqa: F401
from tests.attack.vault import new_bucket, vault  # noqa: F401
from tests.attack.victim import victim  # noqa: F401

_KINDS = {
    "test_an_attack_on_the_server_is_turned_away_and_its_neighbour_served": "A-DOS attacks turned away",
    "test_no_pattern_of_the_contract_tries_all_ways": "A-DOS patterns that stay linear",
    "test_audit_verify_finds_that": "A-AUD tamperings as superuser found by audit verify",
    "test_a_hostile_file_is_refused_by_its_code": "A-FILE hostile files refused by their code",
    "test_a_url_that_is_no_plain_https_name_is_refused_before_anybody_is_asked": "A-SSRF forms of URL refused",
    "test_a_name_with_one_inner_address_is_refused_whole": "A-SSRF names with an inner address refused",
}


_FILES = {
    "test_conf": "A-CONF cases",
    "test_flow": "A-FLOW cases",
    "test_properties": "A-PROP foreign members and other types",
    "test_injection": "A-SQL requests",
    "test_tokens": "A-TOK cases",
    "test_xss": "A-XSS cases",
    "test_keys": "A-KEY cases against what is sealed",
    "test_keys_turned": "A-KEY cases against keys that turn",
    "test_keys_shredded": "A-KEY cases against a firm that was shredded",
}
"""Suites whose every test counts, one each or as many as it says by `record_property("attacks", n)`."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line a kind, counted from the reports, so that it holds for several workers too."""
    passed = Counter(_name(report) for report in terminalreporter.stats.get("passed", ()))
    failed = Counter(_name(report) for report in terminalreporter.stats.get("failed", ()))
    for name, words in _KINDS.items():
        if passed[name] + failed[name]:
            terminalreporter.write_line(f"{words}: {passed[name]} of {passed[name] + failed[name]}")
    for stem, words in _FILES.items():
        held, broken = (_attacks(terminalreporter.stats.get(end, ()), stem) for end in ("passed", "failed"))
        if held + broken:
            terminalreporter.write_line(f"{words}: {held} held off, {broken} not")
    for words, number in _counted(terminalreporter).items():
        terminalreporter.write_line(f"{words}: {number}")


def _counted(terminalreporter: pytest.TerminalReporter) -> Counter[str]:
    """What tests counted themselves: `record_property("count", (words, number))`, summed by the words."""
    summed: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for kind, told in report.user_properties:
                if kind == "count" and report.when == "call":
                    summed[told[0]] += told[1]  # type: ignore[index]
    return summed


def _attacks(reports: Iterable[pytest.TestReport], stem: str) -> int:
    """The attacks of the tests of one file."""
    ours = [report for report in reports if f"/{stem}.py::" in report.nodeid and report.when == "call"]
    return sum(dict(report.user_properties).get("attacks", 1) for report in ours)  # type: ignore[misc]


def _name(report: pytest.TestReport) -> str:
    return str(report.nodeid).partition("::")[2].partition("[")[0]
