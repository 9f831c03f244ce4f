"""`zhangfang operator` and `key shred` read names and reasons by the rules of the API; what they refuse is status 2."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from infra.ports import Ports
from jobs.console.__main__ import main

USAGE = 2


@pytest.fixture
def zhangfang(ports: Ports, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Zhangfang:
    """The command line over this worker's installation, whose control plane stands."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Zhangfang()


class Zhangfang:
    """`zhangfang` as it is entered."""

    def __call__(self, *words: str) -> Result:
        """Run it."""
        return CliRunner().invoke(main, words)


@pytest.mark.parametrize("name", ["", "  ", "名" * 101, "a\nb", "\u202eabc", "a\u202eb", "\u200b"])
def test_an_operator_is_named_as_people_are_or_not_at_all(zhangfang: Zhangfang, name: str) -> None:
    for words in ((), ("--end",)):
        refused = zhangfang("operator", name, *words)
        assert refused.exit_code == USAGE and "Error: Invalid value for '[NAME]': " in refused.output, refused.output


def test_an_operator_is_issued_listed_and_ended_by_name(zhangfang: Zhangfang) -> None:
    issued = json.loads(zhangfang("operator", "王 运维", "--role", "ops_support").output)
    assert issued["id"] in {row["id"] for row in json.loads(zhangfang("operator").output)}
    assert zhangfang("operator", "--end").exit_code == USAGE
    assert json.loads(zhangfang("operator", "王 运维", "--end").output) == {"ended": 1}


@pytest.mark.parametrize("reason", ["   ", "\u3000", " 客户要求", "理" * 501])
def test_keys_are_not_destroyed_for_a_reason_nobody_can_see(zhangfang: Zhangfang, reason: str) -> None:
    refused = zhangfang("key", "shred", "--firm", "firm-a", "--reason", reason)
    assert refused.exit_code == USAGE and "Invalid value for '--reason': " in refused.output, refused.output
