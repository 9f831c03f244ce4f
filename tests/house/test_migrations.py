"""Revisions obey the lint, and HEADS says what the trees say."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrations.checks.lint import findings
from tenants.provisioning import head
from tests.house.source import ROOT

REVISIONS = sorted((ROOT / "migrations").glob("*/versions/*.py"))

BAD = [
    ("op.add_column('book', sa.Column('n', sa.BigInteger(), sa.Identity()))", "add-identity"),
    ("op.execute('ALTER TABLE tenant.book ADD COLUMN n bigserial')", "add-identity"),
    ("op.execute('ALTER TABLE tenant.book ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY')", "add-identity"),
    ("op.execute('ALTER TABLE tenant.book ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY')", "add-identity"),
    ("op.execute('CREATE TABLE tenant.x (id bigserial)')", "serial"),
    ("op.execute(\"ALTER TABLE x ALTER COLUMN n SET DEFAULT nextval('s')\")", "serial"),
    ("op.execute('ALTER TABLE tenant.book RENAME CONSTRAINT a TO b')", "rename-constraint"),
    ("op.execute('ALTER TABLE tenant.book DISABLE TRIGGER ALL')", "disable-all"),
    ("op.execute('CREATE TABLE tenant.x (a int) INHERITS (tenant.book)')", "inherits"),
    ("op.execute('CREATE MATERIALIZED VIEW tenant.x AS SELECT 1')", "matview"),
    ("op.execute('ALTER TABLE tenant.book FORCE ROW LEVEL SECURITY')", "force-rls"),
    ("op.execute('ALTER TABLE x ADD CONSTRAINT a UNIQUE (b) DEFERRABLE INITIALLY DEFERRED')", "deferred"),
    (
        "op.execute(\"CREATE FUNCTION x.f() RETURNS trigger LANGUAGE plpgsql AS $$ x; pg_notify('a', 'b') $$\")",
        "notify",
    ),
    ("op.execute('ALTER SCHEMA t_00000001 RENAME TO t_00000002')", "rename-schema"),
    ("op.execute('CREATE FUNCTION tenant.f(a int) RETURNS int LANGUAGE sql AS $$ SELECT a $$')", "sql-function"),
    ("op.execute('DROP TABLE tenant.a; DROP TABLE tenant.b')", "many-statements"),
    ("op.execute('CREATE TABLE tenant.x (a int PRIMARY KEY)')", "unnamed"),
    ("op.execute('ALTER TABLE tenant.x ADD CHECK (a > 0)')", "unnamed"),
    ("op.execute('ALTER TABLE tenant.x ADD COLUMN b bigint REFERENCES tenant.y (id)')", "unnamed"),
    ("op.create_table('x', sa.Column('a', sa.Text()), sa.PrimaryKeyConstraint('a'))", "unnamed"),
    ("op.create_table('x', sa.Column('a', sa.Text(), unique=True))", "unnamed"),
    ("op.create_table('x', sa.CheckConstraint('a > 0', name='x_a_ck'))", "named-twice"),
    ("op.create_index(None, 'x', ['a'])", "unnamed"),
    ("op.create_table('x', sa.Column('a', sa.Text(), sa.ForeignKey('y.a')))", "unnamed"),
]
GOOD = [
    "op.execute('ALTER TABLE tenant.book ENABLE ROW LEVEL SECURITY')",
    "op.execute('ALTER TABLE tenant.x ADD CONSTRAINT x_y_fk FOREIGN KEY (book_id, y) REFERENCES tenant.y (b, id)')",
    "op.execute('ALTER TABLE tenant.x ADD COLUMN b bigint CONSTRAINT x_b_ck CHECK (b > 0)')",
    "op.execute('CREATE FUNCTION tenant.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN a; b; END $$')",
    "op.execute('CREATE FUNCTION tenant.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$')",
    "op.create_table('x', sa.Column('id', sa.BigInteger(), sa.Identity()), sa.PrimaryKeyConstraint('id', name='x_pk'))",
    "op.create_table('x', sa.CheckConstraint('a > 0', name=op.f('x_a_ck')))",
    "sa.Table('x', metadata, comment='Serial numbers; one statement each')",
]


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda path: path.stem)
def test_a_revision_says_nothing_that_breaks_on_the_distributed_engine(revision: Path) -> None:
    assert findings(revision.read_text()) == []


@pytest.mark.parametrize(("source", "rule"), BAD)
def test_the_lint_catches_what_breaks(source: str, rule: str) -> None:
    assert rule in {finding.rule for finding in findings(source)}


@pytest.mark.parametrize("source", GOOD)
def test_the_lint_lets_pass_what_works(source: str) -> None:
    assert findings(source) == []


def test_heads_names_the_newest_revision_of_each_tree() -> None:
    said = dict(line.split() for line in (ROOT / "migrations" / "HEADS").read_text().splitlines())
    assert said == {tree: head(tree) for tree in ("platform", "tenant")}


def test_a_revision_is_named_by_its_tree_and_number() -> None:
    for revision in REVISIONS:
        assert f'revision = "{revision.stem[:5]}"' in revision.read_text()
        assert revision.stem.startswith(revision.parent.parent.name[0])
