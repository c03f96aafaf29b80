"""`gateway verify-ledger`: the whole ledger, read over."""

import typer

from gateway.commands.operating import operate


def verify_ledger() -> None:
    """Check every balance, entry and document of the ledger; exits with 1 where one is wrong. It changes nothing."""
    from resolvers.verifying import verified

    found = operate(lambda db, _authority, _now: verified(db))
    for fault in found.broken:
        place = "" if fault.sequence is None else f", entry {fault.sequence}"
        typer.echo(f"Account {fault.account}{place}: {fault.fault}.", err=True)
    if found.broken:
        typer.echo("The ledger does not add up.", err=True)
        raise typer.Exit(1)
    typer.echo(f"The ledger adds up: {found.accounts} accounts, {found.entries} entries.")
