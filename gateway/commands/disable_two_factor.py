"""`gateway disable-two-factor`: for somebody who has lost the authenticator and the recovery codes."""

import typer

from gateway.commands.operating import Email, operate


def disable_two_factor(email: Email) -> None:
    """Switch a login's second factor off and end its sessions; its owner is told by mail."""
    from resolvers import operating

    done = operate(lambda db, authority, now: operating.disable_two_factor(db, authority, email, now))
    typer.echo(f"The second factor of {email} is off{', and its sessions have ended' if done else ' already'}.")
