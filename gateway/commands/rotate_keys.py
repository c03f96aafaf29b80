"""`gateway rotate-keys`: everything that is sealed, under the new SECRET_KEY."""

import typer

from gateway.commands.operating import operate


def rotate_keys() -> None:
    """Seal anew what was sealed under SECRET_KEY_PREVIOUS; safe to run again, and beside running gateways."""
    from gateway.settings import SettingsError, load_settings
    from resolvers.renewing_secrets import renew_secrets

    if load_settings().secret_key_previous is None:
        raise SettingsError("SECRET_KEY_PREVIOUS: set it to the secret before the change, and SECRET_KEY to the new.")
    renewed = operate(lambda db, authority, now: renew_secrets(db, authority.vault, now))
    typer.echo(
        f"Renewed {renewed.secrets} secrets of second factors and {renewed.letters} letters that wait to be sent."
    )
    if renewed.shut:
        typer.echo(f"{renewed.shut} open under neither key and were left as they are.", err=True)
    typer.echo("Nothing needs SECRET_KEY_PREVIOUS any more: remove it where every gateway has the new SECRET_KEY.")
