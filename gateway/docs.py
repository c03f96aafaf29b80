"""The parts of the README that the code knows: written from it, and checked against it."""

import sys
from pathlib import Path
from typing import Any

import typer

from gateway.settings import Settings

README = Path(__file__).parents[1] / "README.md"


def settings_table() -> str:
    """Every setting with its default and meaning."""
    rows = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{name.upper()}` | {_default(field.get_default())} | {field.description} |")
    return "\n".join(rows)


def _default(value: Any) -> str:
    """A default as one would write it in the environment."""
    shown = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    return "" if shown is None or shown == () else f"`{shown}`"


def commands_table() -> str:
    """Every command with the first sentence of its help."""
    from gateway.cli import app  # noqa: PLC0415 (the commands are loaded for this table alone)

    group = typer.main.get_command(app)
    rows = ["| Command | What it does |", "|---|---|"]
    for name, command in getattr(group, "commands", {}).items():
        rows.append(f"| `gateway {name}` | {' '.join((command.help or '').split())} |")
    return "\n".join(rows)


def written(text: str) -> str:
    """A document with each generated part as the code has it now, between the comments that name it."""
    for name, made in (("settings", settings_table()), ("commands", commands_table())):
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(start) != 1 or text.count(end) != 1:
            raise LookupError(f"README.md has no place for the {name}.")
        text = f"{text.partition(start)[0]}{start}{made}\n{end}{text.partition(end)[2]}"
    return text


def main(arguments: list[str]) -> int:
    """Write README.md, or with --check say whether that would change it."""
    text = README.read_text()
    made = written(text)
    if "--check" not in arguments:
        README.write_text(made)
    elif made != text:
        print("README.md is not what the code says; run `make docs`.", file=sys.stderr)  # noqa: T201 (a command)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
