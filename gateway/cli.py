"""The command line: one command a module, failures as sentences."""

import sys

import typer
from rich.console import Console

from gateway.collecting import collect_seldom
from gateway.commands.create_account import create_account
from gateway.commands.demo import demo
from gateway.commands.disable_two_factor import disable_two_factor
from gateway.commands.doctor import doctor
from gateway.commands.explain import explain
from gateway.commands.jobs import jobs
from gateway.commands.list_sessions import list_sessions
from gateway.commands.lock_account import lock_account, unlock_account
from gateway.commands.migrate import migrate
from gateway.commands.refund import refund
from gateway.commands.reset_password import reset_password
from gateway.commands.rotate_keys import rotate_keys
from gateway.commands.sales import sales
from gateway.commands.schema import schema
from gateway.commands.serve import serve
from gateway.commands.tax import tax
from gateway.commands.verify_ledger import verify_ledger
from gateway.commands.worker import worker
from gateway.postgres import PostgresError
from gateway.settings import SettingsError

app = typer.Typer(
    name="gateway",
    help="The GraphQL API of the subscription portal. Settings come from the environment; the README lists them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
SERVING = (serve, worker, jobs, migrate, demo, schema, doctor, explain)
OPERATING = (
    create_account,
    lock_account,
    unlock_account,
    reset_password,
    disable_two_factor,
    list_sessions,
    rotate_keys,
    refund,
    sales,
    tax,
    verify_ledger,
)
for command in SERVING + OPERATING:
    app.command()(command)


def main() -> None:
    """Run a command; what its user can mend is said in a sentence, with exit status 1."""
    collect_seldom()
    try:
        app()
    except (SettingsError, PostgresError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
