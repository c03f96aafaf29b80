"""Codes of the second factor: which prove a time step, which could be a recovery code, which prove nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pyotp import TOTP

from auth.second_factor import RECOVERY_CODES, SecondFactor
from auth.vault import Vault, VaultError

LOGIN, OTHER = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
STEP = int(NOON.timestamp()) // 30


@pytest.fixture
def factor() -> SecondFactor:
    return SecondFactor(Vault(b"k" * 32))


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_is_good_one_step_either_way(factor: SecondFactor, steps: int) -> None:
    secret, sealed = factor.new_secret(LOGIN)
    code = TOTP(secret).at(NOON + timedelta(seconds=30 * steps))
    proof = factor.proof(LOGIN, sealed, code, NOON)
    assert proof is not None
    assert (proof.step, proof.recovery_hash) == (STEP + steps, None)


@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_and_no_further(factor: SecondFactor, steps: int) -> None:
    secret, sealed = factor.new_secret(LOGIN)
    nearby = {TOTP(secret).at(NOON + timedelta(seconds=30 * near)) for near in (-1, 0, 1)}
    code = TOTP(secret).at(NOON + timedelta(seconds=30 * steps))
    assert code in nearby or factor.proof(LOGIN, sealed, code, NOON) is None


def test_a_code_may_be_typed_with_spaces(factor: SecondFactor) -> None:
    secret, sealed = factor.new_secret(LOGIN)
    code = TOTP(secret).at(NOON)
    proof = factor.proof(LOGIN, sealed, f" {code[:3]} {code[3:]} ", NOON)
    assert proof is not None
    assert proof.step == STEP


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٣٣٣٣٣٣", "abc", "abcdefghijk1", "\ud800"])
def test_what_is_no_code_proves_nothing(factor: SecondFactor, code: str) -> None:
    _, sealed = factor.new_secret(LOGIN)
    assert factor.proof(LOGIN, sealed, code, NOON) is None


def test_a_secret_is_sealed_for_its_login(factor: SecondFactor) -> None:
    secret, sealed = factor.new_secret(LOGIN)
    assert secret.encode() not in sealed
    with pytest.raises(VaultError):
        factor.proof(OTHER, sealed, "123456", NOON)


def test_recovery_codes_are_ten_and_known_by_a_keyed_hash(factor: SecondFactor) -> None:
    _, sealed = factor.new_secret(LOGIN)
    codes = factor.new_recovery_codes(LOGIN)
    assert len(codes) == RECOVERY_CODES == 10
    for code, digest in codes.items():
        for typed in (code, code.upper(), code.replace("-", " "), code.replace("-", "")):
            proof = factor.proof(LOGIN, sealed, typed, NOON)
            assert proof is not None
            assert (proof.step, proof.recovery_hash) == (None, digest)
        other = factor.proof(OTHER, sealed, code, NOON)
        assert other is not None
        assert other.recovery_hash != digest
