"""The house rules over every module; each rule is also shown to catch a source that breaks it."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.house.source import RULES, Rule, parse

for _part in ("shape", "doors", "money", "danger", "honesty"):
    import_module(f"tests.house.rules.{_part}")

EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@EACH
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    assert [offence for offence in rule.found if rule.excuse(offence) is None] == [], rule.check.__doc__


@EACH
def test_the_rule_catches_what_breaks_it(rule: Rule) -> None:
    missed = [source for path, source in rule.bad if not rule.offences(parse(path, source))]
    assert missed == []


@EACH
def test_the_rule_lets_pass_what_keeps_it(rule: Rule) -> None:
    assert [offence for path, source in rule.good for offence in rule.offences(parse(path, source))] == []


@EACH
def test_nobody_is_excused_without_need(rule: Rule) -> None:
    assert set(rule.excused) == {rule.excuse(offence) for offence in rule.found} - {None}
