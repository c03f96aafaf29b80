"""`gateway lock-account` and `gateway unlock-account`."""

import typer

from gateway.commands.operating import Number, operate


def lock_account(number: Number) -> None:
    """Lock an account until an operator unlocks it: it can sign in and pay, and nothing else."""
    from resolvers import operating

    told = operate(lambda db, _authority, now: operating.lock_account(db, number, now))
    typer.echo(f"Account {number} is locked{'' if told.changed else ' by an operator already'}.")


def unlock_account(number: Number) -> None:
    """Take an operator's lock from an account; one that is locked for its debt stays so until that is paid."""
    from models.enums import AccountState
    from resolvers import operating

    told = operate(lambda db, _authority, now: operating.unlock_account(db, number, now))
    if not told.changed:
        typer.echo(f"No operator has locked account {number}.")
    elif told.state is AccountState.LOCKED:
        typer.echo(f"No operator locks account {number} any more; it stays locked for its debt.")
    else:
        typer.echo(f"Account {number} is unlocked.")
