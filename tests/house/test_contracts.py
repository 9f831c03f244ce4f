"""The import contracts hold, name every room, and are shown to refuse each direction they forbid."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PRODUCT, ROOT

LINT = (str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
FORBIDDEN = [
    ("infra/db.py", "from tenants import naming", "street"),
    ("tenants/door.py", "from app.books import types", "street"),
    ("app/books/door.py", "import jobs.worker", "street"),
    ("jobs/worker.py", "import migrations.checks", "street"),
    ("app/books/door.py", "from app.ledger import models", "storeys"),
    ("app/ledger/vouchers/service.py", "from app.invoices import service", "storeys"),
    ("app/documents/service.py", "from app.identity import service", "storeys"),
    ("app/standards/loader.py", "from app.samples import service", "storeys"),
    ("app/garden/service.py", "", "storeys"),  # a room without a storey
    ("app/ledger/vouchers/service.py", "from app.ledger.statements import service", "ledger"),
    ("app/ledger/periods/service.py", "from app.ledger.dimensions import service", "ledger"),
    ("app/kernel/money.py", "import infra.db", "kernel"),
    ("app/samples/service.py", "import sqlalchemy", "pure"),
    ("app/invoices/parsing/service.py", "from tenants import scope", "pure"),
    ("tenants/naming.py", "from tenants import door", "cycles"),
]


def _lint(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINT, *options], cwd=root, capture_output=True, text=True, check=False)


def test_every_import_goes_down_the_street_and_the_storeys() -> None:
    lint = _lint(ROOT)
    assert lint.returncode == 0, lint.stdout


@pytest.fixture(scope="session")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house with empty rooms and the real contracts."""
    root = tmp_path_factory.mktemp("house")
    (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for source in (path for package in PRODUCT for path in (ROOT / package).rglob("*.py")):
        target = root / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    (root / "tenants" / "door.py").write_text("from tenants import naming\n")
    return root


def test_an_empty_house_keeps_the_contracts(skeleton: Path) -> None:
    lint = _lint(skeleton)
    assert lint.returncode == 0, lint.stdout


@pytest.mark.parametrize(("path", "line", "contract"), FORBIDDEN)
def test_a_forbidden_import_breaks_its_contract(skeleton: Path, path: str, line: str, contract: str) -> None:
    module = skeleton / path
    before = module.read_text() if module.exists() else None
    module.parent.mkdir(exist_ok=True)
    (module.parent / "__init__.py").touch()
    module.write_text(f"{before or ''}{line}\n")
    try:
        lint = _lint(skeleton, "--contract", contract)
        assert (lint.returncode, "BROKEN" in lint.stdout or "missing" in lint.stdout) == (1, True), lint.stdout
    finally:
        if before is None:
            module.unlink()
            (module.parent / "__init__.py").unlink()
            module.parent.rmdir()
        else:
            module.write_text(before)
