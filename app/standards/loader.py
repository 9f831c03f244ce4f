"""Reads a standard from `content/`, checks it whole, and keeps it: `load(id)`.

Invariant: a `Standard` that comes out of here is coherent. Every account a formula, role, group, template or closing
step names is in the chart, every role is a leaf, every row can be evaluated. Content is released and never edited: a
change of law is a new folder with a new edition.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.standards import formula, reading
from app.standards.errors import ContentError, StandardUnknown
from app.standards.fields import Fields, read_yaml
from app.standards.types import AccountClass, AccountSpec, Side, Standard, Statement, Taxpayer, TemplateLine

CONTENT = Path(__file__).parent / "content" / "cn"
STATEMENTS = ("balance_sheet", "income_statement", "cash_flow")


@lru_cache(maxsize=16)
def load(standard_id: str, edition: str | None = None) -> Standard:
    """The standard in one edition, or in its newest when none is pinned; raises `StandardUnknown`."""
    editions = {standard.edition: standard for standard in released() if standard.id == standard_id}
    if not editions or (edition is not None and edition not in editions):
        raise StandardUnknown(standard=standard_id, edition=edition or "*")
    return editions[edition or max(editions)]


@lru_cache(maxsize=1)
def released() -> tuple[Standard, ...]:
    """Every standard of this release in every edition."""
    return tuple(read_standard(path.parent) for path in sorted(CONTENT.glob("*/standard.yaml")))


def accounts_for(standard: Standard, taxpayer: Taxpayer, *, optional: bool = False) -> tuple[AccountSpec, ...]:
    """The chart a new book of this taxpayer kind starts with, in code order, leaves marked.

    222101 应交增值税 is a leaf for a small-scale taxpayer and has ten columns (专栏) for a general one
    (财会〔2016〕22号).
    `optional` adds the accounts the standard allows but does not list.
    """
    return tuple(account for account in standard.charts[taxpayer] if optional or not account.optional)


def read_standard(folder: Path) -> Standard:
    """Read and check one standard's folder; raises `ContentError` for whatever is wrong in it."""
    fields = read_yaml(folder / "standard.yaml")
    listed = _accounts(folder / "chart.csv")
    kinds, posting = reading.posting(read_yaml(folder / "posting.yaml"))
    above = _above(listed)
    forms = {name: folder / "statements" / f"{name}.yaml" for name in STATEMENTS}
    notes = {path.stem: path for path in sorted((folder / "statements" / "notes").glob("*.yaml"))}
    standard = Standard(
        id=fields.text("id"),
        edition=fields.text("edition"),
        title_zh=fields.text("title_zh"),
        title_en=fields.text("title_en"),
        source=fields.text("source"),
        valid_from=fields.day("valid_from"),
        code_widths=fields.numbers("code_widths"),
        charts=MappingProxyType({taxpayer: _chart(listed, taxpayer) for taxpayer in Taxpayer}),
        above=above,
        groups=_groups(fields.mapping("groups"), listed),
        roles=MappingProxyType({name: _role(given) for name, given in fields.mapping("roles").items()}),
        statements=_forms(forms, above),
        notes=_forms(notes, above),
        kinds=kinds,
        posting=posting,
        closing=reading.closing(read_yaml(folder / "closing.yaml")),
        fingerprint=_fingerprint(folder),
    )
    fields.done()
    faults = list(_faults(standard))
    if faults:
        raise ContentError(f"{folder.name}: " + "; ".join(faults))
    return standard


def _forms(paths: Mapping[str, Path], above: Mapping[str, tuple[str, ...]]) -> Mapping[str, Statement]:
    return MappingProxyType({name: reading.statement(read_yaml(path), name, above) for name, path in paths.items()})


def _accounts(path: Path) -> tuple[AccountSpec, ...]:
    """Every row of a chart, in code order, each after the parent it stands under."""
    with path.open(encoding="utf-8", newline="") as lines:
        accounts = tuple(_account(Fields(row, f"{path.parent.name}/{path.name}")) for row in csv.DictReader(lines))
    codes = [account.code for account in accounts]
    if codes != sorted(set(codes)):
        raise ContentError(f"{path}: codes are not unique and in order")
    levels: dict[str | None, int] = {None: 0}
    for account in accounts:
        if account.parent_code not in levels:
            raise ContentError(f"{path}: {account.code} cannot stand under {account.parent_code}")
        levels[account.code] = levels[account.parent_code] + 1
    return tuple(replace(account, level=levels[account.code]) for account in accounts)


def _above(accounts: Iterable[AccountSpec]) -> Mapping[str, tuple[str, ...]]:
    """Each account with the codes above it, nearest first; parents stand before their children."""
    above: dict[str, tuple[str, ...]] = {}
    for account in accounts:
        above[account.code] = (account.code, *(above[account.parent_code] if account.parent_code else ()))
    return MappingProxyType(above)


def _account(fields: Fields) -> AccountSpec:
    taxpayer = fields.text("taxpayer")
    account = AccountSpec(
        code=fields.text("code"),
        name_zh=fields.text("name_zh"),
        name_en=fields.text("name_en"),
        account_class=AccountClass(fields.text("class")),
        normal_side=Side(fields.text("normal_side")),
        parent_code=fields.text("parent_code") or None,
        status=fields.text("status"),
        taxpayer=None if taxpayer == "both" else Taxpayer(taxpayer),
        optional=fields.text("optional") == "Y",
        cash=fields.text("cash") == "Y",
        dimensions=tuple(filter(None, fields.text("dimensions").split(";"))),
        cash_item_in=fields.text("cash_item_in") or None,
        cash_item_out=fields.text("cash_item_out") or None,
        opposite_ok=fields.text("opposite_ok") == "Y",
        cash_follows=fields.text("cash_follows") == "Y",
        monetary=fields.text("monetary") == "Y",
        level=1,
        leaf=True,
    )
    fields.done()
    return account


def _chart(listed: Iterable[AccountSpec], taxpayer: Taxpayer) -> tuple[AccountSpec, ...]:
    accounts = tuple(account for account in listed if account.taxpayer in (None, taxpayer))
    parents = {account.parent_code for account in accounts}
    return tuple(replace(account, leaf=account.code not in parents) for account in accounts)


def _groups(given: Mapping[str, list[str]], listed: Iterable[AccountSpec]) -> Mapping[str, tuple[str, ...]]:
    """The named subtrees, and `monetary`: what the chart marks as a monetary item."""
    monetary = tuple(account.code for account in listed if account.monetary)
    return MappingProxyType({name: tuple(codes) for name, codes in given.items()} | {"monetary": monetary})


def _role(given: Any) -> MappingProxyType[Taxpayer, str]:
    by_kind = given if isinstance(given, dict) else dict.fromkeys(Taxpayer, given)
    return MappingProxyType({Taxpayer(kind): str(code) for kind, code in by_kind.items()})


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _faults(standard: Standard) -> Iterator[str]:
    """What one file says and another contradicts."""
    known = set(standard.above)
    yield from (
        f"group {name} names {code}" for name, codes in standard.groups.items() for code in codes if code not in known
    )
    yield from _role_faults(standard)
    yield from _form_faults(standard, known)
    lines = [line for rule in standard.posting for line in rule.lines]
    lines += [line for step in standard.closing for entry in step.entries for line in entry.lines]
    yield from _line_faults(standard, lines)
    yield from (
        f"step {step.id} reads {group}"
        for step in standard.closing
        for group in step.reads
        if group not in standard.groups
    )
    yield from (
        f"kind {kind.id} plays {kind.role}" for kind in standard.kinds.values() if kind.role not in standard.roles
    )


def _role_faults(standard: Standard) -> Iterator[str]:
    for taxpayer in Taxpayer:
        leaves = {account.code for account in accounts_for(standard, taxpayer) if account.leaf}
        for name, codes in standard.roles.items():
            if taxpayer in codes and codes[taxpayer] not in leaves:
                yield f"role {name} is {codes[taxpayer]}, no leaf of a {taxpayer} chart"


def _form_faults(standard: Standard, known: set[str]) -> Iterator[str]:
    flows = set(formula.items(tuple(term for row in standard.statements["cash_flow"].rows for term in row.formula)))
    for account in {account.code: account for chart in standard.charts.values() for account in chart}.values():
        for item in (account.cash_item_in, account.cash_item_out):
            if item is not None and item not in flows:
                yield f"{account.code} has the unknown cash-flow item {item}"
    forms = {**standard.statements, **standard.notes}
    lines = {f"{form.id}.{row.key}" for form in forms.values() for row in form.rows}
    for form in forms.values():
        own = {row.key for row in form.rows}
        named = {(row.key, code) for each in (form, *form.parts.values()) for row in each.rows for code in row.codes}
        yield from (f"{form.id} line {key} names {code}" for key, code in sorted(named) if code not in known)
        for check in form.checks:
            asked = formula.lines(check.left + check.right)
            yield from (f"{form.id} check {check.code} names line {key}" for key in asked if key not in own | lines)


def _line_faults(standard: Standard, lines: Iterable[TemplateLine]) -> Iterator[str]:
    """`{kind}` stands for the role of the business kind, `@group` for every leaf of a group."""
    for line in lines:
        known = standard.groups if line.role.startswith("@") else standard.roles
        if line.role != "{kind}" and line.role.removeprefix("@") not in known:
            yield f"a template line plays {line.role}"
