"""The bill of materials: every locked package with its hashes, its licence and what it needs, as CycloneDX JSON.

Invariant: the lock says what there is, the installed metadata only what it is like; the same lock and the same
installation give the same bytes. `./run sbom FILE` writes it.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT

LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
_ENTRY = re.compile(r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# metadata older than SPDX expressions names its licence in words
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD",  # some metadata says no more than the family
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "MIT license": "MIT",
    "PSF": "PSF-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    "The MIT License (MIT)": "MIT",
}


@dataclass(frozen=True, slots=True)
class Locked:
    """A package as the lock pins it, and the licence its metadata states (empty where it is not installed here)."""

    name: str
    version: str
    hashes: tuple[str, ...]
    licence: str
    runs: bool
    """Whether the product needs it to run; the others build and test it."""


@cache
def locked() -> tuple[Locked, ...]:
    """Every package of the lock."""
    entries = re.split(r"\n(?=\S)", LOCK.read_text())
    running = _reached(tomllib.loads(PROJECT.read_text())["project"]["dependencies"])
    return tuple(
        Locked(
            match["name"],
            match["version"],
            tuple(sorted(_HASH.findall(entry))),
            licence(match["name"]),
            match["name"] in running,
        )
        for entry in entries
        if (match := _ENTRY.match(entry))
    )


def licence(name: str) -> str:
    """The SPDX expression of an installed package, in its own words where they are none; empty when not installed."""
    installed = _installed(name)
    if installed is None:
        return ""
    said = installed.metadata
    classifiers = said.get_all("Classifier") or []
    classified = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    words = [said.get("License-Expression"), said.get("License"), *classified]
    stated = [
        _SPDX.get(word.strip(), word.strip()) for word in words if word and "\n" not in word and word != "UNKNOWN"
    ]
    return next((word for word in stated if word not in ("BSD", "OSI Approved")), next(iter(stated), ""))


def bill(packages: Iterable[Locked]) -> str:
    """The CycloneDX 1.6 document, as JSON text."""
    factory, made = LicenseFactory(), {}
    for package in packages:
        made[package.name] = Component(
            name=package.name,
            version=package.version,
            type=ComponentType.LIBRARY,
            scope=ComponentScope.REQUIRED if package.runs else ComponentScope.EXCLUDED,
            bom_ref=f"{package.name}=={package.version}",
            purl=PackageURL("pypi", None, package.name, package.version),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in package.hashes],
            licenses=[factory.make_from_string(package.licence)] if package.licence else [],
        )
    project = tomllib.loads(PROJECT.read_text())["project"]
    whole = Component(name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref="root")
    document = Bom(components=made.values(), serial_number=uuid5(NAMESPACE_URL, LOCK.read_text()))
    document.metadata.component = whole
    _relate(document, whole, made, project["dependencies"])
    written = json.loads(JsonV1Dot6(document).output_as_string())
    del written["metadata"]["timestamp"]  # of no use to whoever compares two bills
    return json.dumps(written, ensure_ascii=False, indent=1) + "\n"


def _relate(document: Bom, whole: Component, made: Mapping[str, Component], wanted: Iterable[str]) -> None:
    document.register_dependency(whole, [made[name] for name in _needs(wanted) if name in made])
    for name, component in made.items():
        installed = _installed(name)
        needs = _needs((installed.requires or ()) if installed else ())
        document.register_dependency(component, [made[need] for need in needs if need in made])


def _needs(wanted: Iterable[str]) -> list[str]:
    """The names that requirements ask for, those for other machines and for unasked extras left out."""
    asked = [Requirement(line) for line in wanted]
    return sorted({canonicalize_name(one.name) for one in asked if one.marker is None or one.marker.evaluate()})


def _reached(wanted: Iterable[str]) -> frozenset[str]:
    """Every package that a list of requirements brings along, those of the extras it names included."""
    found: set[str] = set()
    waiting = [(Requirement(line), "") for line in wanted]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        installed = None if (name in found and not requirement.extras) else _installed(name)
        found.add(name)
        for line in (installed.requires or ()) if installed else ():
            waiting += [(Requirement(line), one) for one in ("", *requirement.extras)]
    return frozenset(found)


@cache
def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "sbom.cdx.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(bill(locked()))
    print(f"{target}: {len(locked())} packages")  # noqa: T201
