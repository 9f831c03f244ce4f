"""An installation of its own for attacks on its keys: a bucket nobody else uses, a root key, and firms under it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from infra.crypto import FirmCipher, Keyring
from infra.files import Files, client

PLACE = "1|particular|phone|7"
VALUE = "13812345678"
KEY = "keys/{}/{:06d}.json"
Buckets = Callable[[], Files]


class Vault:
    """An installation of its own: a bucket, a root key, and firms under it."""

    def __init__(self, files: Files, root: Path) -> None:
        self.files, self.root = files, root
        self.keyring = Keyring(root, files)

    def again(self) -> Keyring:
        """The keyring of another process."""
        return Keyring(self.root, self.files)

    def firm(self) -> tuple[str, FirmCipher]:
        """A new firm with a key, and its cipher."""
        name = f"t_{uuid4().hex}"
        self.keyring.create_firm_key(name)
        return name, self.keyring.firm(name)


@pytest.fixture(scope="module")
def new_bucket(environment: dict[str, str]) -> Buckets:
    """Makes buckets nobody else uses."""

    one = client(environment, attempts=1)

    def make() -> Files:
        files = Files(one, f"keys-{uuid4().hex[:12]}")
        files.ensure_bucket()
        return files

    return make


@pytest.fixture
def vault(new_bucket: Buckets, tmp_path: Path) -> Vault:
    """An installation of its own."""
    return Vault(new_bucket(), tmp_path / "root.json")
