"""The import contracts hold, name every room, and are shown to refuse each direction they forbid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.source import PRODUCT, ROOT

LINT = (str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
FORBIDDEN = [
    ("street", "infra/db.py", "import tenants.registry", "infra.db -> tenants.registry"),
    ("street", "tenants/quotas.py", "import app.books.types", "tenants.quotas -> app.books.types"),
    ("street", "app/books/queries.py", "import jobs.worker", "app.books.queries -> jobs.worker"),
    ("street", "jobs/worker.py", "import migrations.checks", "jobs.worker -> migrations.checks"),
    ("storeys", "app/books/door.py", "import app.ledger.models", "app.books.door -> app.ledger.models"),
    ("storeys", "app/ledger/models.py", "import app.invoices.service", "app.ledger.models -> app.invoices.service"),
    (
        "storeys",
        "app/documents/types.py",
        "import app.identity.people.types",
        "app.documents.types -> app.identity.people.types",
    ),
    ("storeys", "app/standards/types.py", "import app.samples.types", "app.standards.types -> app.samples.types"),
    ("storeys", "app/garden/service.py", "", "app.garden"),  # a room without a storey
    ("ledger", "app/ledger/vouchers/types.py", "import app.ledger.reports.service", "-> app.ledger.reports.service"),
    ("ledger", "app/ledger/periods/service.py", "import app.ledger.dimensions", "-> app.ledger.dimensions"),
    (
        "identity",
        "app/identity/people/types.py",
        "import app.identity.sessions.types",
        "app.identity.people.types -> app.identity.sessions.types",
    ),
    ("kernel", "app/kernel/money.py", "import infra.crypto", "app.kernel.money -> infra.crypto"),
    ("pure", "app/samples/service.py", "import sqlalchemy", "app.samples.service -> sqlalchemy"),
    (
        "pure",
        "app/invoices/parsing/service.py",
        "import tenants.scope",
        "app.invoices.parsing.service -> tenants.scope",
    ),
    ("apart", "app/factory.py", "import infra.hostile.workbook", "app.factory -> infra.hostile.workbook"),
    ("apart", "jobs/relay.py", "import python_calamine", "jobs.relay -> python_calamine"),
    ("cycles", "tenants/naming.py", "import tenants.door", ".naming -> .door"),
]


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    wide = dict(os.environ, COLUMNS="300")
    return subprocess.run(LINT, cwd=root, env=wide, capture_output=True, text=True, check=False)


def test_every_import_goes_down_the_street_and_the_storeys() -> None:
    lint = _lint(ROOT)
    assert lint.returncode == 0, lint.stdout.partition("Broken contracts")[2]


def _skeleton(root: Path) -> None:
    """The house with empty rooms and the real contracts."""
    (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for source in (path for package in PRODUCT for path in (ROOT / package).rglob("*.py")):
        target = root / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()


def test_an_empty_house_keeps_the_contracts(tmp_path: Path) -> None:
    _skeleton(tmp_path)
    lint = _lint(tmp_path)
    assert lint.returncode == 0, lint.stdout


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each contract says, by its id, of a house with every forbidden import in it."""
    root = tmp_path_factory.mktemp("house")
    _skeleton(root)
    (root / "tenants" / "door.py").write_text("import tenants.naming\n")
    for _, path, line, _ in FORBIDDEN:
        module = root / path
        module.parent.mkdir(exist_ok=True)
        (module.parent / "__init__.py").touch()
        module.write_text(f"{line}\n")
    broken = _lint(root).stdout.partition("Broken contracts")[2]
    headings = {match[1]: match.end() for match in re.finditer(r"\n(.+)\n-+\n", broken)}
    ends = [*sorted(headings.values())[1:], len(broken)]
    sections = dict(zip(sorted(headings, key=headings.__getitem__), ends, strict=True))
    return {known: broken[headings[name] : sections[name]] for known, name in CONTRACTS.items() if name in headings}


@pytest.mark.parametrize(("contract", "path", "line", "complaint"), FORBIDDEN, ids=lambda word: str(word))
def test_a_forbidden_import_breaks_its_contract(
    complaints: dict[str, str], contract: str, path: str, line: str, complaint: str
) -> None:
    assert complaint in complaints[contract]


def test_each_contract_is_shown_to_break(complaints: dict[str, str]) -> None:
    assert complaints.keys() == CONTRACTS.keys()
