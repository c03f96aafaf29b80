"""`gateway list-sessions`: from where a login is signed in."""

from gateway.commands.operating import Email, operate


def list_sessions(email: Email) -> None:
    """Show the sessions of a login; that they were looked at is in the account's audit log."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from resolvers import operating

    rows = operate(lambda db, _authority, now: operating.list_sessions(db, email, now))
    table = Table("Begun", "Last used", "Ends", "Address", "Program", box=None)
    for row in rows:
        times = (f"{moment:%Y-%m-%d %H:%M}" for moment in (row.created_at, row.last_seen_at, row.expires_at))
        table.add_row(*times, str(row.ip or ""), Text(_printable(row.user_agent or "")))
    Console().print(table if rows else "There are none.")


def _printable(text: str) -> str:
    """A client's own words without what would move a terminal's cursor or change its colours."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
