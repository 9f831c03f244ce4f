"""A-AUD: what was taken out of the sight of `audit verify`: the index of checkpoints, a row of the registry."""

from __future__ import annotations

import pytest

from app.audit.checkpoints import service as checkpoints
from jobs import audit as audits
from tenants.errors import TenantUnknown
from tests.attack.victim import Victim, delete_tail

LIES = {
    "at": "at - interval '9 days'",
    "chains": "99",
    "root": "digest",
    "digest": "root",
    "key": "'evil'",
    "signature": "root",
}


@pytest.mark.parametrize("column", LIES)
def test_a_lie_in_any_column_of_the_index_of_checkpoints_is_found(victim: Victim, column: str) -> None:
    victim.sql(f"UPDATE audit_checkpoint SET {column} = {LIES[column]} WHERE number = 1")
    assert victim.verify().findings == [("checkpoint.index", "1")]


def test_rows_of_the_index_of_checkpoints_deleted_or_made_up_are_found(victim: Victim) -> None:
    victim.sql("CREATE TEMPORARY TABLE index_kept AS TABLE audit_checkpoint; DELETE FROM audit_checkpoint")
    assert sorted(victim.verify().findings) == [("checkpoint.index", "1"), ("checkpoint.index", "2")]
    victim.sql("INSERT INTO audit_checkpoint SELECT * FROM index_kept")
    victim.sql("UPDATE index_kept SET number = 3; INSERT INTO audit_checkpoint SELECT * FROM index_kept LIMIT 1")
    assert victim.verify().findings == [("checkpoint.missing", "3")]


def test_a_checkpoint_whose_maker_died_before_the_index_is_entered_by_the_next(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(checkpoints, "_index", lambda *_: 1 / 0)
        checkpoints.anchor(victim.notary, victim.doors.tenant)
    assert victim.verify().findings == [("checkpoint.index", "3")]
    victim.act(1)
    victim.anchor()
    assert victim.verify().sound and victim.sql("SELECT max(number) FROM audit_checkpoint") == [(4,)]


OUT_OF_SIGHT = {
    "its row says that it is still being made": "UPDATE platform.tenant SET state = 'provisioning' WHERE id = %s",
    "its row says a state nobody knows": "UPDATE platform.tenant SET state = 'gone' WHERE id = %s",
    "its row is deleted": "DELETE FROM platform.tenant WHERE id = %s",
    "its row has another id": "UPDATE platform.tenant SET id = gen_random_uuid() WHERE id = %s",
}


@pytest.mark.parametrize("way", OUT_OF_SIGHT)
def test_a_firm_taken_out_of_sight_is_missed(victim: Victim, way: str) -> None:
    ports, firm = victim.doors.ports, victim.doors.tenant
    audits.anchor_cell(ports)
    assert not any("firm.missing" in report.codes for report in audits.verify(ports))
    victim.sql("BEGIN; CREATE TEMPORARY TABLE firm_kept AS TABLE platform.tenant")
    checks = "SELECT conname FROM pg_constraint WHERE conrelid = 'platform.tenant'::regclass AND contype = 'c'"
    (state,) = victim.sql(f"{checks} AND pg_get_constraintdef(oid) LIKE '%upgrading%'")[0]
    (said,) = victim.sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", state)[0]
    victim.sql(f"ALTER TABLE platform.tenant DROP CONSTRAINT {state}; COMMIT")
    delete_tail(victim)
    victim.sql(OUT_OF_SIGHT[way], firm.id)
    try:
        found = [finding for report in audits.verify(ports) for finding in report.findings]
        assert ("firm.missing", victim.notary.of) in found
        if "still being made" in way:
            assert ("chain.short", str(victim.book.id)) in found
    finally:
        columns = "id, number, short_name, name, cell, state, step, revision, live, created_at, updated_at"
        victim.sql(f"DELETE FROM platform.tenant WHERE number = {int(firm.schema[2:])}")
        kept = f"SELECT {columns} FROM firm_kept WHERE id = %s"
        victim.sql(f"INSERT INTO platform.tenant ({columns}) OVERRIDING SYSTEM VALUE {kept}", firm.id)
        victim.sql(f"ALTER TABLE platform.tenant ADD CONSTRAINT {state} {said}")
    with pytest.raises(TenantUnknown):
        audits.verify(ports, "nobody")
