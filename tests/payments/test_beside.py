"""The stand-in beside the demo: where it starts, where it does not, and how commands beside a gateway find it."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from gateway.database import Ground
from gateway.payments.provider import paying
from gateway.payments.standin.beside import is_stood_in, standing_in
from gateway.postgres import EmbeddedPostgres
from gateway.settings import Settings


def ground(folder: Path, *, joins: bool = False, embedded: bool = True, **settings: object) -> Ground:
    """A database of ours, or one that another gateway has started; nothing here asks it anything."""
    postgres = None if joins else EmbeddedPostgres(folder)
    return Ground(Settings().model_copy(update={"data_dir": folder, **settings}), embedded, postgres)


async def test_a_command_beside_a_gateway_pays_through_its_stand_in(tmp_path: Path) -> None:
    with standing_in(ground(tmp_path)) as first, standing_in(ground(tmp_path, joins=True)) as second:
        assert is_stood_in(first.settings)
        assert second.settings == first.settings
        assert (tmp_path / "payments" / "address").stat().st_mode & 0o777 == 0o600
        async with paying(second.settings) as provider:
            customer = await provider.customer(uuid4(), "Engines", None)
    with standing_in(ground(tmp_path)) as again:
        assert again.settings.stripe_secret_key != first.settings.stripe_secret_key
        async with paying(again.settings) as provider:
            assert "_secret_" in await provider.begin_method(customer, None)


def test_a_command_beside_a_gateway_without_one_has_none(tmp_path: Path) -> None:
    with standing_in(ground(tmp_path, joins=True)) as alone:
        assert not is_stood_in(alone.settings)


@pytest.mark.parametrize(
    ("embedded", "settings"),
    [(False, {}), (True, {"demo": "off"}), (True, {"stripe_secret_key": SecretStr("sk_live_of_an_account")})],
)
def test_test_cards_pay_in_the_demo_alone(tmp_path: Path, embedded: bool, settings: dict[str, Any]) -> None:
    given = ground(tmp_path, embedded=embedded, **settings)
    with standing_in(given) as same:
        assert same is given
    assert not (tmp_path / "payments").exists()
