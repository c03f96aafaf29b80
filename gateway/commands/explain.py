"""`gateway explain`: what an operation would do for a role, with no database and nothing executed."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, Group
from rich.syntax import Syntax
from rich.text import Text
from rich.tree import Tree

from models.roles import RoleName

if TYPE_CHECKING:
    from schema.announcing import Line
    from schema.explaining import Explanation


def explain(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A document with the operation.")],
    role: Annotated[str, typer.Option(help="For which role: MASTER, BILLING, …")] = RoleName.MASTER.name,
    variables: Annotated[str, typer.Option(help="The variables, as a JSON object.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which operation, where the document has several.")] = None,
) -> None:
    """Show how an operation would run for a role: its plan, generated code, statements, cost and permissions."""
    from gateway.app import limits_of
    from gateway.settings import load_settings
    from schema.explaining import NotExplainedError, explain
    from schema.serving import engine_for

    settings = load_settings()
    engine = engine_for(limits_of(settings), settings.request_seconds)
    asker, values = _role(role), _variables(variables)
    try:
        explanation = asyncio.run(explain(engine, file.read_text(), asker, values, operation))
    except NotExplainedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    _show(Console(highlight=False), explanation, asker)


def _role(name: str) -> RoleName:
    known = RoleName.__members__
    if name.upper() not in known:
        raise typer.BadParameter(f"there is no role {name}; the roles are {', '.join(known)}", param_hint="--role")
    return known[name.upper()]


def _variables(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"this is no JSON: {error}", param_hint="--variables") from None
    if not isinstance(values, dict):
        raise typer.BadParameter("they are written as a JSON object", param_hint="--variables")
    return values


def _show(console: Console, explanation: "Explanation", role: RoleName) -> None:
    """Print the parts, each under its heading."""
    numbers: dict[str, int] = {}
    root = Tree(Text(f"{explanation.name} for {role.name}", style="bold"))
    _grow(root, explanation.lines, numbers)
    console.print(Group(_heading("Plan"), root))
    console.print(_heading("Statements"))
    for text, number in numbers.items():
        _show_code(console, f"[{number}]", text, "postgresql")
    console.print(_heading("Generated code"))
    for name, source in explanation.sources.items():
        _show_code(console, name, source, "python")
    console.print(_heading("Cost"))
    console.print(f"{explanation.cost:,} of {explanation.cost_limit:,}")
    console.print(_heading("Permissions"))
    for line in _permissions(explanation):
        console.print(line, markup=False, soft_wrap=True)


def _show_code(console: Console, name: str, text: str, language: str) -> None:
    """Print code under its name, broken nowhere, so that it can be copied."""
    console.print(Text(f"\n{name}", style="bold"))
    console.print(Syntax("", language).highlight(text.rstrip()), soft_wrap=True)


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold underline")


def _grow(tree: Tree, lines: tuple["Line", ...], numbers: dict[str, int]) -> None:
    """Add the places below one, and number their statements as they come."""
    for line in lines:
        label = Text.assemble((line.key, "bold"), "  ", (line.how, "cyan"), overflow="fold")
        sent = [numbers.setdefault(text, len(numbers) + 1) for text in line.statements]
        if sent:
            label.append(f"  {''.join(f'[{number}]' for number in sent)} {', '.join(line.columns)}", style="dim")
        _grow(tree.add(label), line.below, numbers)


def _permissions(explanation: "Explanation") -> list[str]:
    needed = [f"needs {permission.name}: {', '.join(fields)}" for permission, fields in explanation.needed.items()] or [
        "needs no permission"
    ]
    return [*needed, *(f"refused: {refusal}" for refusal in explanation.refused)]
