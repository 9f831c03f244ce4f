"""The embedded servers: health, what is kept, what a kill -9 leaves, and what root must not open."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from infra import roles
from infra.files import Files
from infra.local import postgres
from infra.local.identity import identify, wait_until
from infra.local.postgres import Postgres
from infra.local.product import ROOT
from infra.local.stack import Misconfigured, Stack
from infra.local.state import GRPC_OFFSET, Busy, State
from tests.local.asking import admin_url, scalar

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def breakable() -> Iterator[Stack]:
    """A Postgres to break, made once."""
    own = Stack(Path(tempfile.mkdtemp(prefix="zhangfang-test-")), {"postgres"}, environ={})
    yield own
    own.destroy()


@pytest.fixture
def database_only(breakable: Stack) -> Iterator[Stack]:
    """The Postgres to break, stopped."""
    yield breakable
    breakable.stop()


def postmaster(stack: Stack) -> int:
    return next(child.pid for child in stack.children if child.process.name == "postgres" and child.pid)


def remember(settings: dict[str, str], word: str) -> None:
    with psycopg.connect(settings["DATABASE_OWNER_URL"]) as connection:
        connection.execute("create schema if not exists s")
        connection.execute("create table if not exists s.words (word text)")
        connection.execute("insert into s.words values (%s)", [word])


def remembered(settings: dict[str, str]) -> list[str]:
    with psycopg.connect(settings["DATABASE_OWNER_URL"]) as connection:
        return [row[0] for row in connection.execute("select word from s.words")]


class TestServers:
    def test_postgres_is_set_up_as_the_design_says(self, stack: Stack) -> None:
        wanted = {
            "server_encoding": "UTF8",
            "timezone": "UTC",
            "data_checksums": "on",
            "max_locks_per_transaction": "512",
            "max_connections": "100",
            "password_encryption": "scram-sha-256",
            "listen_addresses": "127.0.0.1",
            "client_connection_check_interval": "5s" if sys.platform == "linux" else "0",
        }
        assert {name: scalar(stack.settings["DATABASE_URL"], f"show {name}") for name in wanted} == wanted

    def test_trigrams_see_chinese_text(self, stack: Stack) -> None:
        with psycopg.connect(admin_url(stack), autocommit=True) as admin:
            admin.execute("create extension if not exists pg_trgm")
        similar = scalar(admin_url(stack), "select similarity('北京某某科技有限公司', '北京某某科技公司')")
        assert isinstance(similar, float) and similar > 0.5

    def test_valkey_keeps_what_it_is_given_and_drops_nothing(self, stack: Stack) -> None:
        client = redis.Redis.from_url(stack.settings["REDIS_URL"], decode_responses=True)
        wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted

    def test_no_secret_stands_on_a_command_line(self, stack: Stack) -> None:
        secrets = [path.read_text() for path in stack.state.secrets.iterdir() if path.is_file()]
        for child in stack.children:
            line = subprocess.run(["ps", "-o", "args=", "-p", str(child.pid)], capture_output=True, text=True).stdout
            assert line
            assert not any(secret in line for secret in secrets)

    def test_every_port_has_room_for_its_grpc_twin(self, stack: Stack) -> None:
        assert all(port + GRPC_OFFSET <= 65_535 for port in stack.state.read("ports.json").values())

    def test_secrets_are_private_files_in_a_private_directory(self, stack: Stack) -> None:
        assert stat.S_IMODE(stack.state.secrets.stat().st_mode) == 0o700
        inside = list(stack.state.secrets.rglob("*"))
        assert inside
        for path in inside:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


class TestAgain:
    def test_a_second_start_finds_everything_the_first_one_made(self, state_dir: Path) -> None:
        stack = Stack(state_dir, environ={})
        try:
            first = stack.start()
            remember(first, "kept")
            redis.Redis.from_url(first["REDIS_URL"]).set("word", "kept")
            Files.connect(first).put("word", b"kept")
            stack.stop()
            second = stack.start()
            assert second == first
            assert "kept" in remembered(second)
            assert redis.Redis.from_url(second["REDIS_URL"]).get("word") == b"kept"
            assert Files.connect(second).get("word") == b"kept"
        finally:
            stack.destroy()
        assert not state_dir.exists()

    def test_two_owners_at_once_are_refused(self, stack: Stack) -> None:
        with pytest.raises(Busy):
            Stack(stack.state.root, {"postgres"}, environ={}).start()

    def test_a_port_somebody_else_took_is_chosen_anew(self, database_only: Stack) -> None:
        first = database_only.start()
        remember(first, "kept")
        database_only.stop()
        taken = database_only.state.read("ports.json")["postgres"]
        with socket.create_server(("127.0.0.1", taken)):
            second = database_only.start()
        assert database_only.state.read("ports.json")["postgres"] != taken
        assert "kept" in remembered(second)

    def test_a_half_made_database_is_made_anew(self, state_dir: Path) -> None:
        own = Stack(state_dir, {"postgres"}, environ={})
        server = Postgres(own.state, 0)
        draft = server.directory.with_name(f"{server.major}.new")
        draft.mkdir()
        (draft / "PG_VERSION").write_text(server.major)
        try:
            remember(own.start(), "made")
            assert not draft.exists()
        finally:
            own.destroy()


class TestKilled:
    def test_a_killed_server_comes_back_with_what_it_had_promised(self, database_only: Stack) -> None:
        settings = database_only.start()
        remember(settings, "promised")
        os.kill(postmaster(database_only), signal.SIGKILL)
        database_only.stop()
        assert "promised" in remembered(database_only.start())

    def test_the_orphans_of_a_killed_owner_are_stopped_and_their_data_is_there(self, state_dir: Path) -> None:
        """The owner is killed, and its children never hear of it, as on a system without death signals."""
        program = (
            "import sys; from pathlib import Path; from infra.local import process, stack\n"
            "process._LIBC = None\n"
            "s = stack.Stack(Path(sys.argv[1]), {'postgres', 'valkey'}, environ={})\n"
            "s.start(); print(*[c.pid for c in s.children], flush=True); sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(state_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as owner:
            assert owner.stdout
            orphans = [identify(int(pid)) for pid in owner.stdout.readline().split()]
            owner.kill()
        assert len(orphans) == 2
        assert all(orphan and orphan.alive() for orphan in orphans)
        said: list[str] = []
        stack = Stack(state_dir, {"postgres", "valkey"}, environ={}, progress=said.append)
        try:
            remember(stack.start(), "alive")
            assert not any(orphan and orphan.alive() for orphan in orphans)
            assert sum("its supervisor had died" in line for line in said) == 2
        finally:
            stack.destroy()

    def test_the_children_of_a_killed_owner_end_by_themselves(self, state_dir: Path) -> None:
        program = (
            "import sys; from pathlib import Path; from infra.local.stack import Stack\n"
            "s = Stack(Path(sys.argv[1]), {'postgres', 'valkey'}, environ={})\n"
            "s.start(); print(*[c.pid for c in s.children], flush=True); sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(state_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as owner:
            assert owner.stdout
            children = [identify(int(pid)) for pid in owner.stdout.readline().split()]
            owner.kill()
        assert len(children) == 2
        assert wait_until(lambda: not any(child and child.alive() for child in children), 10)
        Stack(state_dir, environ={}).destroy()

    def test_a_stale_pid_of_a_living_stranger_is_not_believed(self, database_only: Stack) -> None:
        """The pid in postmaster.pid now belongs to another process of the very user Postgres runs as."""
        remember(database_only.start(), "kept")
        os.kill(postmaster(database_only), signal.SIGKILL)
        database_only.stop()
        server = Postgres(database_only.state, 0)
        pid_file = server.directory / "postmaster.pid"
        user = None if server.account is None else server.account.uid
        with subprocess.Popen(["sleep", "60"], user=user) as stranger:
            pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().splitlines()[1:]]) + "\n")
            assert "kept" in remembered(database_only.start())
            assert stranger.poll() is None
            stranger.kill()

    def test_a_recorded_pid_that_was_reused_is_not_signalled(self, database_only: Stack) -> None:
        with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
            database_only.state.write("processes.json", {"postgres": [stranger.pid, "another boot/1", 2]})
            database_only.start()
            assert stranger.poll() is None
            stranger.kill()


class TestOutside:
    def test_servers_the_environment_names_are_used_and_none_is_started(self, stack: Stack, state_dir: Path) -> None:
        named = stack.settings | {"DATABASE_URL": admin_url(stack), "DATABASE_OWNER_URL": ""}
        other = Stack(state_dir, environ=named)
        other.state.secret(roles.APP, lambda: "kept-in-the-state-directory")
        try:
            found = other.start()
            assert other.children == []
            assert found["REDIS_URL"] == stack.settings["REDIS_URL"]
            assert found["S3_BUCKET"] == stack.settings["S3_BUCKET"]
            assert f"{roles.APP}:kept-in-the-state-directory@" in found["DATABASE_URL"]
            assert scalar(found["DATABASE_URL"], "select current_user") == roles.APP
        finally:
            other.destroy()
            passwords = {role: stack.state.secret(role) for role in roles.URL_NAMES}
            roles.prepare(admin_url(stack), "zhangfang", passwords)

    def test_four_logins_given_from_outside_are_used_as_they_are(self, stack: Stack, state_dir: Path) -> None:
        other = Stack(state_dir, {"postgres"}, environ=stack.settings)
        try:
            found = other.start()
            assert {name: found[name] for name in roles.URL_NAMES.values()}.items() <= stack.settings.items()
        finally:
            other.destroy()

    def test_a_half_named_server_is_refused(self, stack: Stack, state_dir: Path) -> None:
        for missing in ("DATABASE_OPS_URL", "S3_SECRET_KEY"):
            environ = {name: value for name, value in stack.settings.items() if name != missing}
            with pytest.raises(Misconfigured, match=missing):
                Stack(state_dir, environ=environ).start()


class TestPlaces:
    def test_where_postgres_cannot_go_its_data_lies_outside_and_a_file_says_where(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        own = Stack(closed / "state", {"postgres"}, environ={})
        try:
            remember(own.start(), "reachable")
            outside = own.state.read(postgres.WHERE)
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            if os.geteuid() == 0:
                assert Path(outside).is_dir()
                assert stat.S_IMODE(Path(outside).stat().st_mode) == 0o700
            else:
                assert outside is None
        finally:
            own.destroy()
        assert outside is None or not Path(outside).exists()

    def test_a_state_made_anew_at_the_same_path_never_meets_the_old_data(self, tmp_path: Path) -> None:
        (tmp_path / "closed").mkdir(mode=0o700)
        old, new = (Stack(tmp_path / "closed" / "state", {"postgres"}, environ={}) for _ in range(2))
        try:
            old_place = Postgres(old.state, 0).place
            shutil.move(old.state.root, tmp_path / "aside")
            assert Postgres(State(new.state.root), 0).place != old_place or os.geteuid() != 0
        finally:
            new.destroy()
            postgres.remove(State(tmp_path / "aside"))

    def test_binaries_postgres_cannot_reach_are_copied_to_where_it_can(self, tmp_path: Path, state_dir: Path) -> None:
        """As when the repository and its virtual environment lie in root's home."""
        package = postgres.embedded_binaries().parent.parent
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        for directory in (package, package.with_name(f"{package.name}.libs")):
            subprocess.run(["cp", "-rl", str(directory), str(closed)], check=True)
        own = Stack(state_dir, {"postgres"}, postgres_bin=closed / package.name / "pginstall" / "bin", environ={})
        try:
            settings = own.start()
            remember(settings, "copied")
            assert remembered(settings) == ["copied"]
        finally:
            own.destroy()

    @pytest.mark.parametrize("binaries", DEBIAN or [postgres.embedded_binaries()], ids=str)
    def test_a_postgres_of_the_system_serves_as_well(self, state_dir: Path, binaries: Path) -> None:
        own = Stack(state_dir, {"postgres"}, environ={"ZHANGFANG_POSTGRES_BIN": str(binaries)})
        try:
            settings = own.start()
            remember(settings, "凭证")
            assert remembered(settings) == ["凭证"]
            version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
            assert str(scalar(settings["DATABASE_URL"], "show server_version")) in version.stdout
        finally:
            own.destroy()


def test_the_lock_of_a_dead_owner_is_free(state_dir: Path) -> None:
    program = "import sys; from pathlib import Path; from infra.local.state import State\nState(Path(sys.argv[1])).acquire(); print('held', flush=True); sys.stdin.read()"  # noqa: E501
    with subprocess.Popen(
        [sys.executable, "-c", program, str(state_dir)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout
        owner.stdout.readline()
        state = State(state_dir)
        found = state.owner()
        assert found is not None
        assert found.pid == owner.pid
        owner.kill()
        owner.wait()
    assert state.owner() is None
    state.acquire()
    state.release()
