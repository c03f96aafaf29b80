"""The stand-in beside the embedded demo: started where nobody else takes payments, found by commands beside it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from gateway.database import Ground
from gateway.payments import WEBHOOKS
from gateway.payments.standin import HOST, StandIn
from gateway.settings import Settings
from gateway.welcome import base_url

FOLDER, ADDRESS = "payments", "address"


def wanted(ground: Ground) -> bool:
    """Whether test cards shall pay: only where everything else is a demo too, and no other provider is named."""
    settings = ground.settings
    return ground.embedded and settings.demo != "off" and settings.stripe_secret_key is None and StandIn.installed()


def is_stood_in(settings: Settings) -> bool:
    """Whether the provider that the settings name is a stand-in on this machine, which takes test cards alone."""
    return settings.stripe_secret_key is not None and settings.stripe_api_base.startswith(f"http://{HOST}:")


@contextmanager
def standing_in(ground: Ground) -> Iterator[Ground]:
    """The ground with a payment provider for as long as the block runs: the one it has, or what stands in for one.

    Beside a gateway that runs on the same data, its stand-in is the one.
    """
    folder = ground.settings.data_dir / FOLDER
    if not wanted(ground):
        yield ground
    elif ground.postgres is None:
        yield replace(ground, settings=_found(folder / ADDRESS, ground.settings))
    else:
        with StandIn(folder, f"{base_url(ground.settings)}{WEBHOOKS}") as one:
            settings = one.named_in(ground.settings)
            _tell(folder / ADDRESS, settings)
            yield replace(ground, settings=settings)


def _tell(path: Path, settings: Settings) -> None:
    """Write down where it is and what it knows its callers by, for ourselves alone."""
    key, secret = settings.stripe_secret_key, settings.stripe_webhook_secret
    told = [settings.stripe_api_base, *(one.get_secret_value() for one in (key, secret) if one)]
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(told, file)


def _found(path: Path, settings: Settings) -> Settings:
    """The settings with the stand-in of the gateway that runs, where it has one."""
    if not path.exists():
        return settings
    base, key, secret = json.loads(path.read_text())
    named = {"stripe_api_base": base, "stripe_secret_key": SecretStr(key), "stripe_webhook_secret": SecretStr(secret)}
    return settings.model_copy(update=named)
