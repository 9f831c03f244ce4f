"""Where the reference facts lie: `ZHANGFANG_SHARED`, or the folder `shared` beside the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference() -> Path:
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    return Path(os.environ.get("ZHANGFANG_SHARED", beside)) / "reference"
