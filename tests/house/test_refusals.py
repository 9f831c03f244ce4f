"""Every code is registered once, said in both languages with the same params, and on the page of problems."""

from __future__ import annotations

import pytest

from infra.errors import Message
from tests.house.problems import PAGE, page
from tests.house.refusals import badly_said, catalogue, registered_twice, registrations
from tests.house.source import modules, parse


def test_every_code_is_registered_in_one_place() -> None:
    product = tuple(module for module in modules() if not module.inside("tests"))
    assert registered_twice(product) == []
    assert {code for module in product for code, _ in registrations(module)} <= catalogue().keys()


def test_every_code_says_the_same_in_both_languages() -> None:
    assert [fault for message in catalogue().values() for fault in badly_said(message)] == []


def test_every_code_is_on_the_page_of_problems() -> None:
    assert PAGE.read_text() == page(catalogue()), "run: python -m tests.house.problems"


def test_a_code_registered_twice_is_found() -> None:
    refusal = parse("app/a/errors.py", "class A(NotFound):\n    code = 'a.b'\n")
    rule = parse("app/b/errors.py", "A = rule('a.b', '甲', 'A')\n")
    assert registered_twice((refusal, rule)) == ["a.b: app/a/errors.py:2, app/b/errors.py:1"]


@pytest.mark.parametrize(
    "message",
    [
        Message("A.b", "甲", "A"),
        Message("nodot", "甲", "A"),
        Message("a.b", "only English", "A"),
        Message("a.b", "甲", ""),
        Message("a.b", "甲", "甲 A"),
        Message("a.b", "甲 {x}", "A"),
        Message("a.b", "甲 {x}", "A {y}"),
    ],
)
def test_a_code_badly_said_is_found(message: Message) -> None:
    assert badly_said(message) != []
