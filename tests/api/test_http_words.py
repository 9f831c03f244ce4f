"""What the API's process can say: every code that any process of the product ever wrote down."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from infra.errors import render
from tests.house.problems import PAGE
from tests.house.source import ROOT

_PROGRAM = "import wsgi; from infra.errors import CATALOGUE; print(*sorted(CATALOGUE), sep='\\n')"


def test_a_fresh_process_of_the_api_knows_every_code_on_the_page_of_problems(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, env=os.environ | environment, capture_output=True, check=True
    )
    assert done.stdout.decode().split() == sorted(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(), re.MULTILINE))


def test_a_code_that_nobody_here_knows_is_said_by_its_name() -> None:
    assert [render("of.tomorrow", {"x": 1}, language) for language in ("zh-CN", "en")] == ["of.tomorrow"] * 2
