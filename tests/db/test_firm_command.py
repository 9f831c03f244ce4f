"""`zhangfang firm create` reads what it is told by the rules of the API, and a refusal leaves nothing behind."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy import text

from app.identity.firms import service
from app.identity.people.types import NewUser
from infra.ports import Ports
from jobs.console.__main__ import run
from jobs.console.terminal import FAILED
from tenants import registry
from tests.factories.doors import Doors

TOLD = {"": "command", "--name": "命令代账公司", "--owner-email": "Boss@Command.test", "--owner-name": "老板"}
PASSWORD = "green ladder under rain"


@pytest.fixture
def create(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Create:
    """The command as it is entered."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Create(monkeypatch, capsys)


class Create:
    """`zhangfang firm create`, with one thing said otherwise: the exit status and the complaint."""

    def __init__(self, patch: pytest.MonkeyPatch, heard: pytest.CaptureFixture[str]) -> None:
        self.patch, self.heard = patch, heard

    def __call__(self, password: str = PASSWORD, **otherwise: str) -> tuple[int, str]:
        """Run it."""
        said = {
            **TOLD,
            **{f"--{name.replace('_', '-')}" if name != "short" else "": v for name, v in otherwise.items()},
        }
        words = [said.pop(""), *(word for pair in said.items() for word in pair)]
        self.patch.setenv("ZHANGFANG_OWNER_PASSWORD", password)
        self.patch.setattr(sys, "argv", ["zhangfang", "firm", "create", *words])
        with pytest.raises(SystemExit) as ended:
            run()
        return int(str(ended.value.code or 0)), self.heard.readouterr().err


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ({"password": "kq7#Zp2xvwN"}, ["/owner/password"]),
        ({"password": "password1234"}, ["/password"]),
        ({"owner_email": "boss"}, ["/owner/email"]),
        ({"short": "Two Words", "name": "", "password": "short"}, ["/name", "/owner/password", "/short_name"]),
    ],
)
def test_what_the_api_would_refuse_is_refused_with_its_reasons_and_leaves_no_firm(
    create: Create, ports: Ports, said: dict[str, str], places: list[str]
) -> None:
    status, complaint = create(**said)
    told = complaint.splitlines()
    assert status == FAILED and "Traceback" not in complaint
    assert sorted(line.strip().partition(":")[0] for line in told[1:]) == places
    with ports.engine.connect() as connection:
        named = text("select count(*) from platform.tenant where name in (:name, '') or short_name = 'command'")
        assert connection.execute(named, {"name": TOLD["--name"]}).scalar_one() == 0


def test_an_owner_made_by_the_command_is_known_by_the_address_that_a_login_asks_for(
    create: Create, ports: Ports
) -> None:
    assert create() == create() == (0, "")
    with ports.engine.connect() as connection:
        known = text("select count(*) from platform.app_user where email = 'boss@command.test'")
        assert connection.execute(known).scalar_one() == 1


def test_the_log_of_a_firm_begins_with_who_made_it_once_though_its_making_was_cut_off(
    create: Create, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = {"short": "cutoff", "name": "中断代账公司", "owner_email": "boss@cutoff.test"}
    with monkeypatch.context() as patch:
        patch.setattr(service, "create_user", _killed)
        with pytest.raises(KeyboardInterrupt):
            service.open_firm(ports, "cutoff", cut["name"], NewUser(cut["owner_email"], "老板", PASSWORD))
    assert create(**cut) == create(**cut) == (0, "")
    with ports.engine.connect() as connection:
        firm = registry.by_short_name(connection, "cutoff")
    with Doors(ports, firm).firm() as scope:
        lines = scope.run("select seq, action, actor, details from tenant.audit_event order by seq").all()
    said = {"short_name": "cutoff", "name": cut["name"], "owner": cut["owner_email"]}
    assert [tuple(line) for line in lines] == [(1, "firm.create", "system:system", said)]


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
