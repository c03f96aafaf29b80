"""Codes of the second factor: which prove a time step, which could be a recovery code, which prove nothing."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
import segno
from pyotp import TOTP, parse_uri

from auth.second_factor import RECOVERY_CODES, SecondFactor, qr_code, uri
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
    _, others = factor.new_secret(OTHER)
    codes = factor.new_recovery_codes(LOGIN, sealed)
    assert len(codes) == RECOVERY_CODES == 10
    for code, digest in codes.items():
        for typed in (code, code.upper(), code.replace("-", " "), code.replace("-", "")):
            proof = factor.proof(LOGIN, sealed, typed, NOON)
            assert proof is not None
            assert (proof.step, proof.recovery_hash) == (None, digest)
        other = factor.proof(OTHER, others, code, NOON)
        assert other is not None
        assert other.recovery_hash != digest


def test_codes_outlive_a_change_of_the_key(factor: SecondFactor) -> None:
    secret, sealed = factor.new_secret(LOGIN)
    codes = factor.new_recovery_codes(LOGIN, sealed)
    renewed = Vault(b"n" * 32, previous=b"k" * 32).renewed(sealed, LOGIN.bytes)
    later = SecondFactor(Vault(b"n" * 32))
    assert later.proof(LOGIN, renewed, TOTP(secret).at(NOON), NOON) == factor.proof(
        LOGIN, sealed, TOTP(secret).at(NOON), NOON
    )
    for code, digest in codes.items():
        proof = later.proof(LOGIN, renewed, code, NOON)
        assert proof is not None
        assert proof.recovery_hash == digest


def test_an_authenticator_reads_the_same_secret_from_the_uri(factor: SecondFactor) -> None:
    secret, _ = factor.new_secret(LOGIN)
    read = parse_uri(uri(secret, "someone+x@example.com"))
    assert isinstance(read, TOTP)
    assert (read.secret, read.name, read.issuer) == (secret, "someone+x@example.com", "Subscription portal")
    assert (read.interval, read.digits) == (30, 6)
    assert read.at(NOON) == TOTP(secret).at(NOON)


def test_the_qr_code_is_a_picture_of_the_text() -> None:
    picture = ET.fromstring(qr_code("otpauth://totp/x?secret=A"))  # noqa: S314 (our own)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert dark_modules(picture) == [list(row) for row in segno.make("otpauth://totp/x?secret=A", error="m").matrix]


def dark_modules(picture: ET.Element) -> list[list[int]]:
    """The modules that the picture's path draws, without the quiet zone: rows of 0 and 1."""
    size = int(picture.attrib["viewBox"].split()[-1])
    rows = [[0] * size for _ in range(size)]
    lines = next(path.attrib["d"] for path in picture if "stroke" in path.attrib)
    x, y = 0, 0.0
    for letter, numbers in re.findall(r"([MmhH])([^MmhH]*)", lines):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if letter == "h":
            for place in range(x, x + int(values[0])):
                rows[int(y)][place] = 1
            x += int(values[0])
        elif letter == "m":
            x, y = x + int(values[0]), y + values[1]
        else:
            x, y = int(values[0]), values[1]
    return [row[4:-4] for row in rows[4:-4]]
