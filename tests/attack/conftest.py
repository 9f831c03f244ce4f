"""Says at the end of a run how many attacks of each kind were tried and held off."""

from __future__ import annotations

from collections import Counter

import pytest

_KINDS = {
    "test_a_hostile_file_is_refused_by_its_code": "A-FILE hostile files refused by their code",
    "test_a_url_that_is_no_plain_https_name_is_refused_before_anybody_is_asked": "A-SSRF forms of URL refused",
    "test_a_name_with_one_inner_address_is_refused_whole": "A-SSRF names with an inner address refused",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line a kind, counted from the reports, so that it holds for several workers too."""
    passed = Counter(_name(report) for report in terminalreporter.stats.get("passed", ()))
    failed = Counter(_name(report) for report in terminalreporter.stats.get("failed", ()))
    for name, words in _KINDS.items():
        if passed[name] + failed[name]:
            terminalreporter.write_line(f"{words}: {passed[name]} of {passed[name] + failed[name]}")


def _name(report: pytest.TestReport) -> str:
    return str(report.nodeid).partition("::")[2].partition("[")[0]
