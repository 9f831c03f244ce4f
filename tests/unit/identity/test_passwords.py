"""Passwords by themselves: leaked ones are known, decent ones pass, and failures slow down without anybody's help."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from zxcvbn import frequency_lists

from app.identity.passwords import service
from app.identity.passwords.errors import LoginDelayed
from app.identity.passwords.rules import LONGEST_DELAY, LONGEST_SECOND_DELAY, delay, delays, guessed
from app.identity.sessions.rules import masked
from infra.errors import Refusal

LEAKED = [word for word in frequency_lists.FREQUENCY_LISTS["passwords"] if len(word) >= 12]


def test_every_leaked_password_that_is_long_enough_is_known_whatever_its_case() -> None:
    assert len(LEAKED) > 200
    assert [word for word in LEAKED if not (guessed(word, ()) and guessed(word.upper(), ()))] == []


@pytest.mark.parametrize(
    "word",
    [
        "correct horse battery",
        "大熊猫喜欢吃竹子和苹果派",
        "x7Kq!mZp2vR#",
        "a long first password",
        "Три весёлых ежа 44",
    ],
)
def test_a_decent_password_passes_whatever_it_is_written_in(word: str) -> None:
    assert not guessed(word, ["li@firm-a.test", "李四"])


def test_ones_own_words_are_no_password_and_nobody_elses_are_remembered() -> None:
    assert guessed("wangxiaoming88", ["wangxiaoming@firm-a.test"])
    first = guessed("wangxiaoming88", [])
    assert guessed("lixiaohong.2026", ["lixiaohong@firm-a.test"])
    assert guessed("wangxiaoming88", []) == first


def test_spaces_hide_ones_own_words_nowhere() -> None:
    assert not guessed("jiafirm jiafirm", []) and not guessed("yuan fang yuan fang", [])
    for password in ("jiafirm jiafirm", "ji af ir m jiafirm", "Jia Firm Jia Firm"):
        assert guessed(password, ["jiafirm"]) and guessed(password, ["Jia Firm"]), password
    assert guessed("yuan fang yuan fang", ["yuanfang"])
    assert not guessed("jiafirm and six blue kettles hum", ["jiafirm"])


@given(st.text(max_size=128), st.lists(st.text(max_size=30), max_size=3))
def test_any_text_can_be_weighed(password: str, words: list[str]) -> None:
    assert guessed(password, words) in (True, False)


@given(st.integers(0, 10**6))
def test_a_second_factor_waits_longer_and_never_for_ever(failures: int) -> None:
    assert delay(failures) <= delay(failures, LONGEST_SECOND_DELAY) <= LONGEST_SECOND_DELAY
    assert delay(failures) <= LONGEST_DELAY


class Wrong(Refusal):
    """What a failed try ends in here."""

    code, zh, en = "wrong", "错。", "Wrong."


def nowhere() -> Redis:
    """A Redis that is not there."""
    return Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))


def fail(counter: service.Failures) -> None:
    with pytest.raises(Wrong), counter.one_try(Wrong):
        raise Wrong


def test_without_redis_a_process_counts_by_itself() -> None:
    for _ in range(5):
        fail(service.Failures(nowhere(), "somebody without redis"))
    with pytest.raises(LoginDelayed) as delayed:
        fail(service.Failures(nowhere(), "somebody without redis"))
    assert delayed.value.headers == {"Retry-After": "1"}
    fail(service.Failures(nowhere(), "somebody else"))
    service.Failures(nowhere(), "somebody without redis").forget()
    fail(service.Failures(nowhere(), "somebody without redis"))


@given(st.sampled_from([LONGEST_DELAY, LONGEST_SECOND_DELAY]), st.integers(1, 10**6))
def test_the_waits_of_a_counter_are_those_of_the_rule(longest: int, failures: int) -> None:
    waits = delays(longest)
    assert waits[min(failures, len(waits)) - 1] == delay(failures, longest)


def test_what_a_process_remembers_is_bounded() -> None:
    kept = service._Local(most=10)
    for number in range(100):
        kept.take(str(number), delays(LONGEST_DELAY))
    assert len(kept.kept) == 10 and "99" in kept.kept


@pytest.mark.parametrize(
    ("address", "shown"),
    [("203.0.113.9", "203.0.*.*"), ("2001:db8:1::7", "2001:db8:*"), ("::1", "0:0:*"), ("", ""), ("unknown", "")],
)
def test_of_an_address_others_see_the_network(address: str, shown: str) -> None:
    assert masked(address) == shown
