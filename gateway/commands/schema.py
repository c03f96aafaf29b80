"""`gateway schema`: the SDL that clients generate code from, and the check that the file says what the code does."""

from pathlib import Path
from typing import Annotated

import typer

FILE = Path("schema.graphql")


def schema(
    check: Annotated[bool, typer.Option("--check", help=f"Compare with {FILE}, write nothing.")] = False,
) -> None:
    """Write schema.graphql, or check that it is what the code makes."""
    from schema.build import build_schema

    made = f"{build_schema().as_str()}\n"
    if not check:
        FILE.write_text(made)
        typer.echo(f"{FILE} is written.")
    elif not FILE.exists() or FILE.read_text() != made:
        typer.echo(f"{FILE} is not what the code makes; run `gateway schema`.", err=True)
        raise typer.Exit(1)
    else:
        typer.echo(f"{FILE} is what the code makes.")
