"""No secret lies in the repository, and one that did would be found."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.house.secrets import KNOWN, Find, finds, tracked, unknown

_KEY_LINES = ("-----BEGIN {} KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "-----END {} KEY-----")
PLANTED = {
    "infra/a.py": 'PASSWORD = "{}"',
    "app/b.py": 'api_key = "{}"',
    "app/c.py": 'KEY = "AKIA{upper}"',
    "tests/d.py": 'TOKEN = "ghp_{letters}"',
    "docs/e.md": "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{letters}",
    "infra/f.pem": "\n".join(_KEY_LINES).replace("{}", "PRIVATE"),
    "infra/g.yaml": "url: postgresql://app:{}@db/x",
    "jobs/h.py": 'SALT = "{}"',
}


@pytest.fixture(scope="module")
def found() -> list[Find]:
    """What is found in the tracked files."""
    return finds(tracked())


def test_no_secret_lies_in_the_repository(found: list[Find]) -> None:
    assert unknown(found) == []


def test_nothing_is_explained_that_is_not_there(found: list[Find]) -> None:
    assert set(KNOWN) == {(find.path, find.digest[:12]) for find in found}


@pytest.mark.parametrize("path", PLANTED)
def test_a_planted_secret_is_found(path: str, tmp_path: Path) -> None:
    secret = secrets.token_hex(24)
    letters = secrets.token_urlsafe(64).replace("-", "a").replace("_", "b")[:36]
    text = PLANTED[path].replace("{upper}", secrets.token_hex(8).upper()).replace("{letters}", letters)
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text.replace("{}", secret) + "\n")
    assert [find.path for find in unknown(finds([path], tmp_path))] != []
