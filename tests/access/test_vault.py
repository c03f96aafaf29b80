"""Secrets at rest: they open for their own row under their own key, and nowhere else."""

import pytest

from auth.vault import Vault, VaultError

OWNER = b"row 1"


def test_what_is_sealed_opens_for_the_row_it_was_sealed_for() -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.seal(b"secret", OWNER)
    assert b"secret" not in sealed
    assert vault.open(sealed, OWNER) == b"secret"
    assert vault.seal(b"secret", OWNER) != sealed


def test_for_another_row_or_under_another_key_it_stays_shut() -> None:
    sealed = Vault(b"k" * 32).seal(b"secret", OWNER)
    with pytest.raises(VaultError, match="SECRET_KEY"):
        Vault(b"k" * 32).open(sealed, b"row 2")
    with pytest.raises(VaultError, match="SECRET_KEY"):
        Vault(b"other" * 8).open(sealed, OWNER)


@pytest.mark.parametrize("change", [lambda s: s[:0], lambda s: s[:5], lambda s: b"\x02" + s[1:], lambda s: s[:16]])
def test_what_has_another_form_is_refused(change: object) -> None:
    assert callable(change)
    with pytest.raises(VaultError, match="form"):
        Vault(b"k" * 32).open(change(Vault(b"k" * 32).seal(b"secret", OWNER)), OWNER)


def test_every_bit_is_guarded() -> None:
    vault = Vault(b"k" * 32)
    sealed = bytearray(vault.seal(b"secret", OWNER))
    sealed[-1] ^= 1
    with pytest.raises(VaultError):
        vault.open(bytes(sealed), OWNER)


def test_digests_depend_on_the_secret_the_owner_and_the_key() -> None:
    vault = Vault(b"k" * 32)
    digests = {
        vault.digest(b"a", b"1"),
        vault.digest(b"b", b"1"),
        vault.digest(b"a", b"2"),
        Vault(b"j" * 32).digest(b"a", b"1"),
    }
    assert len(digests) == 4
    assert vault.digest(b"a", b"1") in digests


def test_a_digest_fits_its_secret_under_todays_key_and_the_previous_one() -> None:
    old, new, both = Vault(b"o" * 32), Vault(b"n" * 32), Vault(b"n" * 32, previous=b"o" * 32)
    digest = old.digest(b"a", OWNER)
    assert old.fits(digest, b"a", OWNER)
    assert both.fits(digest, b"a", OWNER)
    assert both.fits(new.digest(b"a", OWNER), b"a", OWNER)
    assert not new.fits(digest, b"a", OWNER)
    assert not both.fits(digest, b"b", OWNER)
    assert not both.fits(digest, b"a", b"row 2")


def test_a_previous_key_still_opens_and_what_it_sealed_can_be_told_and_renewed() -> None:
    old, new, both = Vault(b"o" * 32), Vault(b"n" * 32), Vault(b"n" * 32, previous=b"o" * 32)
    sealed = old.seal(b"secret", OWNER)
    assert sealed.startswith(old.mark)
    assert not sealed.startswith(both.mark)
    assert both.open(sealed, OWNER) == b"secret"
    with pytest.raises(VaultError, match="SECRET_KEY"):
        new.open(sealed, OWNER)
    renewed = both.renewed(sealed, OWNER)
    assert renewed.startswith(new.mark)
    assert new.open(renewed, OWNER) == b"secret"
    with pytest.raises(VaultError):
        both.renewed(sealed, b"row 2")
    with pytest.raises(VaultError, match="SECRET_KEY"):
        both.open(new.mark + sealed[5:], OWNER)
