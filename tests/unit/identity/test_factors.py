"""Second factors by themselves: a code counts once, a passkey only for its challenge, domain, origin and counter."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.identity.factors import rules
from app.identity.factors.types import Passkey, RelyingParty
from tests.unit.identity.authenticator import Authenticator

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 11, 22, 9, 30, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30
PARTY = RelyingParty("localhost", "账房", ("http://localhost:8080",))


# ---- codes


def test_a_code_of_rfc_6238_is_the_one_we_expect() -> None:
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" of RFC 6238, appendix B, cut to 6 digits
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        now = datetime.fromtimestamp(seconds, UTC)
        assert rules.matching_step(seed, code, now, None) == seconds // 30


@given(st.integers(-6, 6))
def test_a_code_holds_one_step_before_and_after_and_no_longer(steps: int) -> None:
    code = pyotp.TOTP(SEED).generate_otp(STEP + steps)
    matched = rules.matching_step(SEED, code, NOW, None)
    assert matched == (STEP + steps if abs(steps) <= 1 else None)


@given(st.integers(-1, 1), st.integers(-3, 3))
def test_a_step_that_was_used_and_all_before_it_are_spent(steps: int, last: int) -> None:
    code = pyotp.TOTP(SEED).generate_otp(STEP + steps)
    assert (rules.matching_step(SEED, code, NOW, STEP + last) is None) == (steps <= last)


def test_the_code_of_another_seed_is_wrong() -> None:
    other = pyotp.TOTP(pyotp.random_base32(32)).generate_otp(STEP)
    assert rules.matching_step(SEED, other, NOW, None) is None or other == pyotp.TOTP(SEED).generate_otp(STEP)


def test_the_text_of_the_qr_code_gives_an_app_the_same_seed() -> None:
    read = pyotp.parse_uri(rules.provisioning_uri(SEED, "li@firm-a.test"))
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.interval, read.digits) == (SEED, "li@firm-a.test", 30, 6)


# ---- recovery codes and challenges


@given(st.binary(min_size=10, max_size=10))
def test_a_recovery_code_has_80_bits_and_the_form_people_copy(chance: bytes) -> None:
    code = rules.recovery_code(chance)
    assert rules.RECOVERY.fullmatch(code)
    assert rules.recovery_hash(code) != rules.recovery_hash(rules.recovery_code(os.urandom(10)))


@given(st.binary(min_size=32, max_size=32))
def test_a_challenge_survives_its_journey(chance: bytes) -> None:
    text = rules.challenge_text(chance)
    assert len(text) == 43 and rules.challenge_bytes(text) == chance


# ---- passkeys


@pytest.fixture
def authenticator() -> Authenticator:
    """An authenticator of this domain."""
    return Authenticator()


def _chance() -> tuple[bytes, str]:
    chance = os.urandom(32)
    return chance, rules.challenge_text(chance)


def _made(authenticator: Authenticator) -> Passkey:
    chance, text = _chance()
    made = rules.made_passkey(PARTY, authenticator.make(text), chance)
    assert made is not None
    return made


def test_a_passkey_is_made_and_signs(authenticator: Authenticator) -> None:
    held = _made(authenticator)
    assert (held.credential_id, held.sign_count) == (authenticator.id, 0)
    for count in (1, 2, 3):
        chance, text = _chance()
        answer = authenticator.sign(text)
        assert rules.credential_id(answer) == held.credential_id
        assert rules.signed_count(PARTY, answer, chance, held) == count
        held = Passkey(held.credential_id, held.public_key, count)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://localhost:8081"},
        {"origin": "https://localhost:8080"},
        {"origin": "http://localhost:8080.evil.test"},
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"challenge": "A" * 43},
        {"challenge": ""},
        {"type": "webauthn.create"},
        {"type": "payment.get"},
        {"flags": 0x00},
    ],
    ids=str,
)
def test_an_answer_for_elsewhere_proves_nothing(authenticator: Authenticator, changes: dict[str, Any]) -> None:
    held = _made(authenticator)
    chance, text = _chance()
    assert rules.signed_count(PARTY, authenticator.sign(text, **changes), chance, held) is None


def test_another_domains_passkey_proves_nothing(authenticator: Authenticator) -> None:
    held = _made(authenticator)
    authenticator.domain = "evil.test"
    chance, text = _chance()
    assert rules.signed_count(PARTY, authenticator.sign(text), chance, held) is None
    assert rules.made_passkey(PARTY, authenticator.make(text), chance) is None


def test_another_persons_key_proves_nothing(authenticator: Authenticator) -> None:
    held = _made(authenticator)
    chance, text = _chance()
    thief = Authenticator(id=authenticator.id)
    assert rules.signed_count(PARTY, thief.sign(text), chance, held) is None


def test_an_authenticator_that_was_copied_shows_by_its_counter(authenticator: Authenticator) -> None:
    held = _made(authenticator)
    copy = Authenticator(id=authenticator.id, key=authenticator.key)
    chance, text = _chance()
    authenticator.count = 7
    assert rules.signed_count(PARTY, authenticator.sign(text), chance, held) == 8
    held = Passkey(held.credential_id, held.public_key, 8)
    for count in (0, 3, 7):
        copy.count = count
        chance, text = _chance()
        assert rules.signed_count(PARTY, copy.sign(text), chance, held) is None


def test_a_signature_of_other_bytes_proves_nothing(authenticator: Authenticator) -> None:
    held = _made(authenticator)
    chance, text = _chance()
    answer, other = authenticator.sign(text), authenticator.sign(text)
    answer["response"]["signature"] = other["response"]["signature"]
    assert rules.signed_count(PARTY, answer, chance, held) is None


def test_a_passkey_made_for_another_challenge_is_not_kept(authenticator: Authenticator) -> None:
    chance, _ = _chance()
    _, other = _chance()
    assert rules.made_passkey(PARTY, authenticator.make(other), chance) is None
    assert rules.made_passkey(PARTY, authenticator.make(other, origin="http://evil.test"), chance) is None


_BYTES = st.binary(max_size=200).map(lambda content: urlsafe_b64encode(content).decode().rstrip("="))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | _BYTES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
_MEMBERS = ("clientDataJSON", "authenticatorData", "signature", "attestationObject", "userHandle", "transports")
_ANSWERS = st.fixed_dictionaries(
    {"id": _BYTES, "rawId": _BYTES, "type": st.just("public-key")},
    optional={"response": st.dictionaries(st.sampled_from(_MEMBERS), _BYTES | _JSON) | _JSON},
)


@given(_ANSWERS | st.dictionaries(st.text(max_size=10), _JSON, max_size=4))
def test_no_answer_whatever_breaks_a_ceremony(answer: dict[str, Any]) -> None:
    held = Passkey(b"x" * 32, b"not a key", 0)
    assert rules.made_passkey(PARTY, answer, b"c" * 32) is None
    assert rules.signed_count(PARTY, answer, b"c" * 32, held) is None
    assert isinstance(rules.credential_id(answer), bytes)


@given(st.binary(max_size=400))
def test_no_bytes_of_an_authenticator_break_a_ceremony(content: bytes) -> None:
    """A true frame around false bytes: the decoders beneath the library see them."""
    authenticator = Authenticator()
    chance, text = _chance()
    made, signed = authenticator.make(text), authenticator.sign(text)
    letters = urlsafe_b64encode(content).decode().rstrip("=")
    made["response"]["attestationObject"] = letters
    signed["response"]["authenticatorData"] = letters
    assert rules.made_passkey(PARTY, made, chance) is None
    assert rules.signed_count(PARTY, signed, chance, Passkey(authenticator.id, content, 0)) is None


def test_the_options_name_what_a_browser_needs() -> None:
    made = rules.creation_options(PARTY, UUID(int=7), "li@firm-a.test", [b"held"], b"c" * 32)
    assert made["rp"] == {"id": "localhost", "name": "账房"} and made["user"]["name"] == "li@firm-a.test"
    assert made["challenge"] == rules.challenge_text(b"c" * 32)
    assert [one["id"] for one in made["excludeCredentials"]] == ["aGVsZA"]
    asked = rules.request_options(PARTY, [b"held"], b"c" * 32)
    assert (asked["rpId"], [one["id"] for one in asked["allowCredentials"]]) == ("localhost", ["aGVsZA"])


def test_a_challenge_waits_minutes_and_not_hours() -> None:
    assert timedelta(minutes=1) <= rules.CHALLENGE_LIFE <= timedelta(minutes=10)
