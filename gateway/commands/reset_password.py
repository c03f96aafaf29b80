"""`gateway reset-password`: for somebody who cannot ask for it."""

import typer

from gateway.commands.operating import Email, operate


def reset_password(email: Email) -> None:
    """Mail a login a link to set a new password; nobody else sees the link, and until it is used nothing changes."""
    from resolvers import operating

    operate(lambda db, authority, now: operating.reset_password(db, authority, email, now))
    typer.echo(f"A link to set a new password goes to {email}, good once and for two hours.")
