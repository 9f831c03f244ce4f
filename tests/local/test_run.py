"""`./run` before the virtual environment: what it makes, when it starts anew, and what it passes on."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from infra.local.product import ROOT, addresses
from infra.local.state import State
from infra.local.supervisor import SETTINGS
from infra.settings import public_address


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, over an empty repository; installing only notes that it was asked to."""
    loader = SourceFileLoader("run_script", str(ROOT / "run"))
    spec = spec_from_loader("run_script", loader)
    assert spec
    module = module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    venv = tmp_path / ".venv"
    places = {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "LOCK": tmp_path / "requirements.lock",
        "STAMP": venv / ".lock-installed",
        "UNFINISHED": venv / ".unfinished",
    }
    for name, place in places.items():
        monkeypatch.setattr(module, name, place)
    monkeypatch.setattr(module, "call", lambda turn, *argv: install(module, argv))
    monkeypatch.setattr(module.shutil, "which", lambda name: None if name == "uv" else sys.executable)
    module.LOCK.write_text("one==1")
    module.asked = []
    return module


def install(run: Any, argv: tuple[str, ...]) -> None:
    run.asked.append("pip" if "pip" in argv else "venv")
    run.PYTHON.parent.mkdir(parents=True, exist_ok=True)
    run.PYTHON.touch()


def test_the_first_start_makes_the_environment_and_the_second_makes_nothing(run: Any) -> None:
    run.prepare()
    run.prepare()
    assert run.asked == ["venv", "pip"]


def test_a_changed_lock_is_installed_into_what_is_there(run: Any) -> None:
    run.prepare()
    run.LOCK.write_text("one==2")
    run.prepare()
    assert run.asked == ["venv", "pip", "pip"]


def test_an_environment_left_half_made_is_made_anew(run: Any) -> None:
    run.prepare()
    run.UNFINISHED.touch()
    (run.VENV / "half").touch()
    run.prepare()
    assert run.asked == ["venv", "pip", "venv", "pip"]
    assert not (run.VENV / "half").exists()


def test_a_failed_installation_is_not_taken_for_a_finished_one(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(turn: object, *argv: str) -> None:
        raise SystemExit(1)

    with monkeypatch.context() as broken, pytest.raises(SystemExit):
        broken.setattr(run, "call", fail)
        run.prepare()
    run.prepare()
    assert run.asked == ["venv", "pip"]


def test_an_old_python_is_told_what_is_needed(
    run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "answers", lambda python, question: False)
    with pytest.raises(SystemExit):
        run.prepare()
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_a_python_without_venv_is_told_which_package_brings_it(
    run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "answers", lambda python, question: "version" in question)
    with pytest.raises(SystemExit):
        run.prepare()
    assert "apt install python3-venv" in capsys.readouterr().err


def test_settings_are_passed_on_only_while_their_stack_runs(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(run.ROOT / ".state")
    monkeypatch.setenv("ZHANGFANG_STATE", str(state.root))
    state.write(SETTINGS, {"API_PORT": "1"})
    assert run.running_settings() == {}
    state.acquire()
    assert run.running_settings() == {"API_PORT": "1"}
    state.release()
    assert run.running_settings() == {}


@pytest.mark.parametrize("outside", [{}, {"PUBLIC_URL": "https://books.example.cn/"}])
def test_the_addresses_that_are_told_begin_with_the_issuer(
    monkeypatch: pytest.MonkeyPatch, outside: dict[str, str]
) -> None:
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    for name, value in outside.items():
        monkeypatch.setenv(name, value)
    settings = {"API_HOST": "127.0.0.1", "API_PORT": "18080"}
    issuer = outside.get("PUBLIC_URL", "http://localhost:18080").rstrip("/")
    assert public_address({**settings, **outside}) == issuer
    assert addresses(settings, ["api"]) == {"api": f"{issuer}/v1", "docs": f"{issuer}/docs"}


def test_an_unknown_command_says_which_there_are() -> None:
    answer = subprocess.run([ROOT / "run", "fly"], capture_output=True, text=True)
    assert answer.returncode == 2
    assert "unknown command: fly" in answer.stderr
    assert answer.stdout == ""


def test_the_status_as_json_is_json_alone(tmp_path: Path) -> None:
    answer = subprocess.run(
        [ROOT / "run", "status", "--json"], capture_output=True, text=True, env={"ZHANGFANG_STATE": str(tmp_path)}
    )
    assert answer.returncode == 3
    assert json.loads(answer.stdout)["state"] == "stopped"
