"""The bill of materials names everything that is locked, and nothing is taken in under a licence that was not read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.house.sbom import LOCK, Locked, bill, locked

LICENCES = {
    *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"),
    *("Apache-2.0 OR BSD-2-Clause", "Apache-2.0 OR BSD-3-Clause", "MIT OR Apache-2.0", "Apache-2.0 OR MIT"),
    "OFL-1.1",  # a font
    "MPL-2.0",  # file by file: used unchanged
    "MPL-2.0 AND (Apache-2.0 OR MIT)",
    "LGPL-3.0-only",  # psycopg, imported and never linked in or changed
}
ELSEWHERE = {"async-timeout": "Apache-2.0", "colorama": "BSD-3-Clause", "pywin32": "PSF-2.0", "tzdata": "Apache-2.0"}
"""Locked for other systems or older Pythons, so that no metadata of theirs lies here."""


def _unread(packages: Iterable[Locked]) -> list[str]:
    """Packages whose licence nobody allowed."""
    stated = {package.name: package.licence or ELSEWHERE.get(package.name, "none") for package in packages}
    return [f"{name} is under {licence!r}" for name, licence in stated.items() if licence not in LICENCES]


def test_every_locked_package_is_in_the_bill_with_its_hashes() -> None:
    components = json.loads(bill(locked()))["components"]
    pinned = [line.split()[0] for line in LOCK.read_text().splitlines() if line[:1].isalnum()]
    assert sorted(f"{one['name']}=={one['version']}" for one in components) == sorted(pinned)
    assert sum(len(one["hashes"]) for one in components) == LOCK.read_text().count("--hash=sha256:")


def test_the_bill_is_valid_cyclonedx_and_the_same_every_time() -> None:
    text = bill(locked())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert bill(locked()) == text


def test_the_bill_says_what_needs_what() -> None:
    needs = {
        one["ref"].partition("==")[0]: one.get("dependsOn", []) for one in json.loads(bill(locked()))["dependencies"]
    }
    assert [need.partition("==")[0] for need in needs["flask"]] == [
        *("blinker", "click", "itsdangerous", "jinja2", "markupsafe", "werkzeug")
    ]
    assert any(need.startswith("sqlalchemy==") for need in needs["root"])


def test_the_bill_tells_what_runs_from_what_only_tests() -> None:
    runs = {package.name: package.runs for package in locked()}
    assert (runs["flask"], runs["psycopg-binary"], runs["jinja2"]) == (True, True, True)
    assert (runs["pytest"], runs["cyclonedx-bom"], runs["mypy"]) == (False, False, False)


def test_every_licence_was_read_and_allowed() -> None:
    assert _unread(locked()) == []


def test_a_licence_nobody_allowed_is_found() -> None:
    first = locked()[0]
    assert _unread([replace(first, licence="AGPL-3.0-only")]) == [f"{first.name} is under 'AGPL-3.0-only'"]
    assert _unread([replace(first, licence="")]) == [f"{first.name} is under 'none'"]
