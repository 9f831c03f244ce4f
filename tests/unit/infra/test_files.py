"""A store that accepts and never answers is given up in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from infra import files
from infra.files import ATTEMPTS, Files, FilesUnavailable

IDLE = 60.0
"""Seconds after which the database ends a transaction that waits for something else (tenants/door.py)."""
BACKOFF = sum(2.0**retry for retry in range(ATTEMPTS - 1))
"""The longest that botocore's standard mode waits between the attempts."""


@pytest.fixture
def silent() -> Iterator[Files]:
    """A store behind a door that opens, and nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield Files.connect({"S3_ENDPOINT_URL": address, "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b", "S3_BUCKET": "c"})


@pytest.fixture
def a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is given up after one second, so that the test need not wait for long."""
    monkeypatch.setattr(files, "_SILENCE", 1)


def test_a_store_that_hangs_is_unavailable_after_so_many_silences(a_second: None, silent: Files) -> None:
    began = time.monotonic()
    with pytest.raises(FilesUnavailable):
        silent.get("x")
    assert ATTEMPTS <= time.monotonic() - began < ATTEMPTS + BACKOFF + 2


def test_the_longest_call_ends_well_before_the_transaction_around_it() -> None:
    assert ATTEMPTS * (files._CONNECTING + files._SILENCE) + BACKOFF < IDLE * 3 / 4
