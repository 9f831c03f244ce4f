"""Known vulnerabilities in what is locked: asked of PyPI's advisories by pip-audit, else looked up in a dated list.

Invariant: a package counts as audited only when somebody answered for it. PyPI may be out of reach (a mirror of it
has no advisories); then `advisories.json` answers, which is made by hand, is not complete, and is refused when it has
grown old. `./run audit` says which of the two answered for how many packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from packaging.specifiers import SpecifierSet

from tests.house.sbom import LOCK, locked
from tests.house.source import ROOT

SNAPSHOT = ROOT / "tests" / "house" / "advisories.json"
OLDEST = timedelta(days=120)
ACCEPTED: Mapping[str, str] = {}
"""Advisories that do not touch us, by id, with the reason."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, and who answered for how many packages."""

    wrong: tuple[str, ...]
    asked: int
    looked_up: int

    def __str__(self) -> str:
        return f"{self.asked} packages answered by PyPI, {self.looked_up} by the list; {len(self.wrong)} findings"


def judge(report: Mapping[str, Any], snapshot: Mapping[str, Any], today: date) -> Verdict:
    """The verdict over pip-audit's report; what it skipped is looked up in the snapshot."""
    answered = [one for one in report["dependencies"] if "vulns" in one]
    skipped = [one for one in report["dependencies"] if "vulns" not in one]
    wrong = [f"{one['name']} {one['version']}: {vuln['id']}" for one in answered for vuln in one["vulns"]]
    if skipped:
        wrong += _looked_up({one["name"]: one["version"] for one in skipped}, snapshot)
        age = today - date.fromisoformat(snapshot["taken"])
        if age > OLDEST:
            wrong.append(f"{len(skipped)} packages are answered for by a list that is {age.days} days old")
    left = tuple(one for one in wrong if one.rpartition(" ")[2] not in ACCEPTED)
    return Verdict(left, len(answered), len(skipped))


def _looked_up(versions: Mapping[str, str], snapshot: Mapping[str, Any]) -> Iterable[str]:
    for known in snapshot["advisories"]:
        version = versions.get(known["package"])
        if version is not None and SpecifierSet(known["affected"]).contains(version, prereleases=True):
            yield f"{known['package']} {version}: {known['id']}"


def ask() -> dict[str, Any]:
    """pip-audit's report over the lock; packages it says nothing of (or all, when nobody answers it) are skipped."""
    words = ["-r", str(LOCK), "--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    run = subprocess.run(
        [sys.executable, "-m", "pip_audit", *words, "--timeout", "10"], capture_output=True, text=True, check=False
    )
    told = json.loads(run.stdout)["dependencies"] if run.stdout.startswith("{") else []
    named = {one["name"]: one for one in told}
    return {"dependencies": [_answer(named.get(one.name), one.name, one.version) for one in locked()]}


def _answer(told: Mapping[str, Any] | None, name: str, version: str) -> dict[str, Any]:
    vulns = {"vulns": told["vulns"]} if told is not None and "vulns" in told else {}
    return {"name": name, "version": version, **vulns}


if __name__ == "__main__":
    verdict = judge(ask(), json.loads(SNAPSHOT.read_text()), datetime.now(UTC).date())
    print(*verdict.wrong, verdict, sep="\n")  # noqa: T201
    sys.exit(bool(verdict.wrong))
