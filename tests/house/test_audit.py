"""A known vulnerability in the lock is found, whoever answers; and an old answer is none."""

from __future__ import annotations

import json
from datetime import date

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.house.audit import ACCEPTED, OLDEST, SNAPSHOT, judge
from tests.house.sbom import locked

KNOWN = {"taken": "2026-01-01", "advisories": [{"package": "a", "id": "CVE-1", "affected": ">=2,<3.1"}]}
SOON, LATE = date(2026, 1, 1) + OLDEST, date(2026, 1, 2) + OLDEST


def _report(version: str, *vulns: str) -> dict[str, list[dict[str, object]]]:
    """A report that skips `a` and answers for `b`."""
    answered = {"name": "b", "version": "1", "vulns": [{"id": vuln, "fix_versions": []} for vuln in vulns]}
    return {"dependencies": [{"name": "a", "version": version}, answered]}


@pytest.mark.parametrize(
    ("version", "vulns", "today", "wrong"),
    [
        ("3.1", [], SOON, ()),
        ("1.9", [], SOON, ()),
        ("3.0.9", [], SOON, ("a 3.0.9: CVE-1",)),
        ("3.1rc1", [], SOON, ()),
        ("3.1", ["PYSEC-7"], SOON, ("b 1: PYSEC-7",)),
        ("3.1", [], LATE, (f"1 packages are answered for by a list that is {OLDEST.days + 1} days old",)),
    ],
)
def test_a_vulnerability_is_found_whoever_answers(
    version: str, vulns: list[str], today: date, wrong: tuple[str, ...]
) -> None:
    verdict = judge(_report(version, *vulns), KNOWN, today)
    assert (verdict.wrong, verdict.asked, verdict.looked_up) == (wrong, 1, 1)


def test_no_locked_package_is_on_the_list_of_known_vulnerabilities() -> None:
    snapshot = json.loads(SNAPSHOT.read_text())
    skipped = {"dependencies": [{"name": one.name, "version": one.version} for one in locked()]}
    assert judge(skipped, snapshot, date.fromisoformat(snapshot["taken"])).wrong == ()


def test_the_list_speaks_of_what_is_locked_and_could_be_older() -> None:
    versions = {one.name: one.version for one in locked()}
    for known in json.loads(SNAPSHOT.read_text())["advisories"]:
        affected = [Version(spec.version) for spec in SpecifierSet(known["affected"])]
        assert max(affected) <= Version(versions[known["package"]])


def test_whoever_is_accepted_is_accepted_for_a_reason() -> None:
    assert [advisory for advisory, reason in ACCEPTED.items() if not reason] == []
