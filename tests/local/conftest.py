"""One running stack for the tests of the stack itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.crypto import Keyring
from infra.files import Files
from infra.local.stack import Stack


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """A short path every system user can reach, unlike pytest's own directories."""
    directory = Path(tempfile.mkdtemp(prefix="zhangfang-test-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A started stack, shared; whoever stops or breaks it makes its own."""
    running = Stack(Path(tempfile.mkdtemp(prefix="zhangfang-test-")), environ={})
    running.start()
    yield running
    running.destroy()


@pytest.fixture(scope="session")
def files(stack: Stack) -> Files:
    return Files.connect(stack.settings)


@pytest.fixture(scope="session")
def keyring(stack: Stack, files: Files) -> Keyring:
    return Keyring(stack.settings["ROOT_KEY_FILE"], files)
