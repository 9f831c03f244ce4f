"""A-KEY: a firm shredded by two persons from the command line; afterwards nothing of it opens, whatever is put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import text

from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.types import Notary
from app.audit.verification import service as verification
from app.books.door import enter_book
from app.books.types import BookRef, BookScope
from app.identity.tokens.rules import OPERATOR_LIFE
from app.identity.tokens.service import issue_operator_token
from app.kernel.permissions import Permission
from app.ledger.dimensions import service as items
from app.ledger.dimensions.particulars import service as particulars
from app.ledger.dimensions.types import NewItem
from app.sensitive.credentials import service as credentials
from app.sensitive.credentials.types import Secret
from app.sensitive.shredding import service as shredding
from app.sensitive.types import Kind
from infra.crypto import KeyMissing, Keyring, KeyShredded, Unreadable
from infra.errors import Refusal
from infra.ports import Ports
from infra.signing import fingerprint
from jobs import audit as audits
from jobs import keys, operators
from jobs.console import keys as commands
from jobs.errors import NotAnOperator
from tenants import registry
from tenants.door import enter_tenant
from tenants.provisioning import provision
from tenants.scope import SYSTEM, TenantRef
from tests.attack.vault import VALUE
from tests.factories.doors import Doors

_NAMES = (f"shred-{number}" for number in range(1_000))
Shred = Callable[..., Result]


class Firm:
    """A firm with one employee whose phone is sealed, and a credential."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.ref: TenantRef = provision(ports.engine, ports.owner_engine, next(_NAMES), "待销毁公司", ports.clock)
        ports.keyring.create_firm_key(str(self.ref.id))
        self.book: BookRef = Doors(ports, self.ref).new_book()
        with self.inside() as scope:
            new = NewItem("张三", particulars={Kind.PHONE: VALUE})
            self.item = items.add_items(scope, "employee", [new])[0].id
            credentials.keep(scope, self.book.id, "tax_bureau", "", Secret("a", VALUE))

    @contextmanager
    def inside(self) -> Iterator[BookScope]:
        """A transaction inside the book, with the keys of the installation."""
        with enter_tenant(self.ports.engine, self.ref, SYSTEM, self.ports.clock, keyring=self.ports.keyring) as scope:
            yield enter_book(scope, self.book.uid, Permission.BOOK_READ)

    def phone(self) -> str:
        """The employee's phone, masked."""
        with self.inside() as scope:
            return particulars.shown(scope, self.book.id, [self.item])[self.item][Kind.PHONE]

    def rows(self) -> list[dict[str, Any]]:
        """Its sealed rows, as a backup of the database holds them."""
        with self.inside() as scope:
            return [dict(row) for row in scope.run("SELECT * FROM tenant.particular").mappings()]


@pytest.fixture
def shred(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> Shred:
    """The command line in the hands of a named operator."""
    monkeypatch.setattr(commands, "connected", lambda: ports)

    def run(operator: str, *arguments: str, token: str = "") -> Result:
        held = token or issue_operator_token(ports.engine, operator, ports.clock()).secret
        return CliRunner(env={"ZHANGFANG_OPERATOR_TOKEN": held}).invoke(commands.key, ["shred", *arguments])

    return run


def _proposed(shred: Shred, firm: Firm, operator: str = "甲") -> str:
    answer = shred(operator, "--firm", firm.ref.short_name, "--reason", "合同终止")
    assert answer.exit_code == 0, answer.output
    return str(json.loads(answer.output)["proposal"])


def _refused(answer: Result) -> str:
    assert isinstance(answer.exception, Refusal), answer.output
    return answer.exception.code


def test_after_two_persons_nothing_of_the_firm_opens_and_the_chain_still_holds(ports: Ports, shred: Shred) -> None:
    firm, neighbour = Firm(ports), Firm(ports)
    backup, elsewhere = firm.rows(), Keyring(ports.settings.root_key_file, ports.files)
    held = ports.keyring.store.stored(str(firm.ref.id))
    checkpoints.anchor(Notary.of_firm(ports, firm.ref), firm.ref)
    answer = shred("乙", "--approve", _proposed(shred, firm))
    assert answer.exit_code == 0, answer.output
    certificate = shredding.Certificate(**json.loads(answer.output))

    for verb in (firm.phone, lambda: ports.keyring.firm(str(firm.ref.id)), lambda: elsewhere.firm(str(firm.ref.id))):
        with pytest.raises(KeyShredded):
            verb()
    assert neighbour.phone() == "138****5678"

    with firm.inside() as scope:  # the rows of the oldest backup come back
        scope.run("DELETE FROM tenant.particular")
        for row in backup:
            scope.run("INSERT INTO tenant.particular VALUES (:book_id, :item_id, :kind, :sealed, :blind)", **row)
    with pytest.raises(KeyShredded):
        firm.phone()
    with neighbour.inside() as scope, pytest.raises(Unreadable):  # and are read with the keys of another firm
        place = f"{firm.book.id}|particular|phone|{firm.item}"
        scope.cipher.open_field(backup[0]["sealed"], place)

    with firm.inside() as scope:
        acts = scope.run("SELECT action, actor_name, reason FROM tenant.audit_event WHERE action = 'key.shred'").all()
        assert [tuple(act) for act in acts] == [("key.shred", "乙", "合同终止")]
        report = verification.alone(scope)
        assert (report.findings, report.lines > 3) == ([], True)
    whole = audits.verify_firm(ports, firm.ref, {})
    assert (whole.shredded, whole.findings, whole.checkpoints) == (True, [], 2)
    _certified(certificate, firm, [one.sha256 for one in held])


def test_the_line_of_a_shredding_is_under_the_firms_last_checkpoint(ports: Ports, shred: Shred, admin_url: str) -> None:
    firm = Firm(ports)
    assert shred("乙", "--approve", _proposed(shred, firm)).exit_code == 0
    with psycopg.connect(admin_url, autocommit=True) as database:
        database.execute(f"SET search_path = {firm.ref.schema}; SET session_replication_role = replica")
        database.execute("DELETE FROM audit_event WHERE action = 'key.shred'")
        database.execute(
            "UPDATE audit_head h SET (seq, hash) = (SELECT seq, hash FROM audit_event e WHERE e.chain = h.chain"
            " ORDER BY seq DESC LIMIT 1) WHERE chain = 0 AND EXISTS (SELECT 1 FROM audit_event WHERE chain = 0)"
        )
        # It stays falsified: who asks afterwards whether every working firm is sound does not mean this one.
        database.execute("UPDATE platform.tenant SET state = 'suspended' WHERE id = %s", (firm.ref.id,))
    assert "chain.short" in audits.verify_firm(ports, firm.ref, {}).codes


@pytest.mark.parametrize("place", ["checkpoints.anchor", "shredding.shred", "two_persons.done"])
def test_cut_off_anywhere_a_shredding_leaves_one_line_and_the_same_approval_finishes_it(
    ports: Ports, shred: Shred, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    firm = Firm(ports)
    proposal = _proposed(shred, firm)
    token = issue_operator_token(ports.engine, "乙", ports.clock()).secret
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(f"jobs.keys.{place}", lambda *_: 1 / 0)
        keys.approve_shredding(ports, keys.operator_of(ports, token), UUID(proposal))
    assert shred("乙", "--approve", proposal, token=token).exit_code == 0
    with firm.inside() as scope:
        assert scope.run("SELECT count(*) FROM tenant.audit_event WHERE action = 'key.shred'").scalar() == 1
    assert audits.verify_firm(ports, firm.ref, {}).sound


def test_the_keys_of_a_suspended_firm_are_shredded_too(ports: Ports, shred: Shred) -> None:
    firm = Firm(ports)
    with ports.engine.begin() as connection:
        registry.record(connection, firm.ref.id, ports.clock(), state="suspended")
    assert shred("乙", "--approve", _proposed(shred, firm)).exit_code == 0
    with ports.engine.begin() as connection:
        registry.record(connection, firm.ref.id, ports.clock(), state="active")
    with pytest.raises(KeyShredded):
        firm.phone()


def _certified(certificate: shredding.Certificate, firm: Firm, hashes: list[str]) -> None:
    """The certificate names keys and persons, and holds under the installation's public key only."""
    told = json.loads(certificate.statement)
    assert told["firm"]["id"] == str(firm.ref.id)
    assert (told["proposed"]["by"], told["approved"]["by"], told["reason"]) == ("甲", "乙", "合同终止")
    assert [key["sha256"] for key in told["keys"]] == hashes != []
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(certificate.public_key))
    public.verify(bytes.fromhex(certificate.signature), certificate.statement.encode())
    with pytest.raises(InvalidSignature):
        public.verify(bytes.fromhex(certificate.signature), certificate.statement.replace("乙", "丙").encode())
    assert len(fingerprint(bytes.fromhex(certificate.public_key))) == 64


@pytest.mark.parametrize("name", ["甲", " 甲 ", "Zhang San", "ZHANG  san", "ｚｈａｎｇ san"])
def test_one_person_is_not_two_whatever_the_token(ports: Ports, shred: Shred, name: str) -> None:
    firm = Firm(ports)
    proposal = _proposed(shred, firm, "甲" if "甲" in name else "Zhang San")
    assert _refused(shred(name, "--approve", proposal)) == "two_persons.same_person"
    assert firm.phone()


def test_a_proposal_dies_after_a_day(ports: Ports, shred: Shred, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = Firm(ports)
    proposal = _proposed(shred, firm)
    late = ports.clock() + timedelta(hours=24)
    monkeypatch.setattr(commands, "connected", lambda: replace(ports, clock=lambda: late))
    assert _refused(shred("乙", "--approve", proposal)) == "two_persons.expired"


def test_what_an_ended_operator_proposed_is_void_and_its_firm_finds_that_in_its_log(ports: Ports, shred: Shred) -> None:
    firm, other = Firm(ports), Firm(ports)
    proposal, stays = _proposed(shred, firm, "赵六"), _proposed(shred, other, "钱七")
    assert operators.end(ports, "赵六") == 1
    assert operators.end(ports, "赵六") == 0
    assert _refused(shred("乙", "--approve", proposal)) == "two_persons.ended"
    assert firm.phone() and _ends(firm) == [("system", proposal, "赵六")]
    assert shred("乙", "--approve", stays).exit_code == 0


def test_an_end_of_an_operator_cut_off_before_its_proposals_voids_them_all_the_same(
    ports: Ports, shred: Shred, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = Firm(ports)
    proposal = _proposed(shred, firm, "孙八")
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(operators, "end_proposals", lambda *_: 1 / 0)
        operators.end(ports, "孙八")
    assert _refused(shred("乙", "--approve", proposal)) == "two_persons.ended"
    assert operators.end(ports, "孙八") == 0
    assert firm.phone() and _ends(firm) == [("system", proposal, "孙八")]


def test_a_proposal_is_over_with_the_token_it_was_made_by(
    ports: Ports, shred: Shred, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = Firm(ports)
    early = ports.clock() - OPERATOR_LIFE + timedelta(hours=1)
    token = issue_operator_token(ports.engine, "李九", early).secret
    answer = shred("", "--firm", firm.ref.short_name, "--reason", "合同终止", token=token)
    proposal = str(json.loads(answer.output)["proposal"])
    late = ports.clock() + timedelta(hours=2)
    monkeypatch.setattr(commands, "connected", lambda: replace(ports, clock=lambda: late))
    for _ in range(2):
        assert _refused(shred("乙", "--approve", proposal)) == "two_persons.ended"
    assert firm.phone() and _ends(firm) == [("system", proposal, "李九")]


def test_who_is_ended_while_it_acts_neither_proposes_nor_approves(ports: Ports, shred: Shred) -> None:
    firm = Firm(ports)
    proposal = _proposed(shred, firm)
    late = keys.operator_of(ports, issue_operator_token(ports.engine, "周十", ports.clock()).secret)
    operators.end(ports, "周十")
    with pytest.raises(NotAnOperator):
        keys.propose_shredding(ports, late, firm.ref, "合同终止")
    with pytest.raises(NotAnOperator):
        keys.approve_shredding(ports, late, UUID(proposal))
    assert firm.phone()


def _ends(firm: Firm) -> list[tuple[str, str, str]]:
    """The lines by which proposals ended: who wrote it, which, and whose it was."""
    with firm.inside() as scope:
        rows = scope.run("SELECT actor_name, details FROM tenant.audit_event WHERE action = 'key.shred_end'")
        return [(row.actor_name, row.details["proposal"], row.details["proposer"]) for row in rows]


def test_an_act_has_one_effect_and_one_approval(ports: Ports, shred: Shred) -> None:
    firm = Firm(ports)
    proposal = _proposed(shred, firm)
    assert shred("乙", "--approve", proposal).exit_code == 0
    for operator in ("乙", "丙"):
        assert _refused(shred(operator, "--approve", proposal)) == "two_persons.done"
    assert _refused(shred("乙", "--approve", str(UUID(int=0)))) == "two_persons.not_found"


def test_cut_off_in_the_middle_the_same_approval_finishes_it(
    ports: Ports, shred: Shred, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = Firm(ports)
    proposal = _proposed(shred, firm)
    token = issue_operator_token(ports.engine, "乙", ports.clock()).secret

    class Killed(BaseException):
        """Stands for kill -9."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ports.files, "destroy", die)
        with pytest.raises(Killed):
            keys.approve_shredding(ports, keys.operator_of(ports, token), UUID(proposal))
    ports.keyring.forget(str(firm.ref.id))
    with pytest.raises(KeyShredded):
        firm.phone()
    assert _refused(shred("丙", "--approve", proposal)) == "two_persons.done"
    answer = shred("乙", "--approve", proposal, token=token)
    assert answer.exit_code == 0, answer.output
    assert json.loads(json.loads(answer.output)["statement"])["keys"] != []
    assert list(ports.files.list(f"keys/{firm.ref.id}/")) == []


def test_only_a_chief_operators_token_proposes_or_approves(
    ports: Ports, shred: Shred, member: Callable[..., Any]
) -> None:
    firm = Firm(ports)
    support = issue_operator_token(ports.engine, "丁", ports.clock(), "ops_support").secret
    for token in ("zf_o_nonsense", "x", support, member("owner").secret):
        answer = shred("", "--firm", firm.ref.short_name, "--reason", "x", token=token)
        assert _refused(answer) == "operator.required"
    assert firm.phone()


def test_the_database_refuses_one_person_a_long_life_and_a_changed_proposal(ports: Ports, shred: Shred) -> None:
    proposal = _proposed(shred, Firm(ports))
    for change in (
        "approved_by = proposed_by, approver = 'x', approved_at = now()",
        "approver = proposer, approved_by = 'x', approved_at = now()",
        "expires_at = expires_at + interval '1 hour'",
        "reason = 'another'",
        "done_at = now()",
        "approved_by = 'x', approver = 'x', approved_at = expires_at",
        "approved_by = 'x', approver = 'x', approved_at = now(), ended_at = now()",
    ):
        statement = text(f"UPDATE platform.two_person_act SET {change} WHERE id = :id")
        with pytest.raises(Exception, match="two_person_act"), ports.engine.begin() as connection:
            connection.execute(statement, {"id": proposal})


def test_a_firm_whose_keys_are_lost_is_not_given_new_ones(ports: Ports) -> None:
    firm = Firm(ports)
    for entry in list(ports.files.list(f"keys/{firm.ref.id}/")):
        ports.files.delete(entry.key)
    ports.keyring.forget(str(firm.ref.id))
    with pytest.raises(KeyMissing):
        firm.phone()
