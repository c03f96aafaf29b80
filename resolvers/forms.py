"""The settings page's forms: what was typed is checked field by field; what differs is saved, and told in the log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import ACCOUNT
from models.errors import UserFault, UserFaults
from models.queries import accounts, audit
from models.tables import Account
from resolvers.acting import acting, origin
from resolvers.checks import Check, country, line
from resolvers.context import RequestContext

Path = tuple[str, ...]
Typed = Mapping[Path, str | None]
"""What was typed, by the field's path inside the input. What was left out is not there."""

Values = dict[str, str | None]
"""Values by the names of the account's columns."""

Judge = Callable[[Account, Values], None]


@dataclass(frozen=True)
class Field:
    """A field of a form: the account's column that it fills, its check, and whether it may be empty."""

    column: str
    check: Check
    needed: bool = False
    shown: str | None = None
    """How the audit log names it, where that is not the form's name and the field's path."""

    def read(self, text: str | None) -> str | None:
        """The value to store. Blanks around it do not count, and nothing but blanks is nothing."""
        typed = "" if text is None else text.strip()
        if typed:
            return self.check(typed)
        if self.needed:
            raise UserFault("REQUIRED", "This may not be empty.")
        return None


@dataclass(frozen=True)
class Form:
    """Fields by their paths, under the name of the account's part that they make up."""

    name: str
    fields: Mapping[Path, Field]

    def read(self, typed: Typed) -> Values:
        """What was typed as values to store, or everything that is wrong with it."""
        values: Values = {}
        faults = []
        for path, text in typed.items():
            try:
                values[self.fields[path].column] = self.fields[path].read(text)
            except UserFault as fault:
                faults.append(UserFault(fault.code, fault.message, path))
        if faults:
            raise UserFaults(faults)
        return values

    def changes(self, account: Account, values: Values) -> list[Change]:
        """What the values would change, in the log's words."""
        return [
            Change(field.shown or ".".join((self.name, *path)), getattr(account, field.column), values[field.column])
            for path, field in self.fields.items()
            if field.column in values and getattr(account, field.column) != values[field.column]
        ]


def postal_address(prefix: str) -> dict[Path, Field]:
    """The fields of an address, whose columns begin with the prefix."""
    return {
        ("address", "street"): Field(f"{prefix}_street", line(200)),
        ("address", "city"): Field(f"{prefix}_city", line(100)),
        ("address", "region"): Field(f"{prefix}_region", line(100)),
        ("address", "postalCode"): Field(f"{prefix}_postal_code", line(20)),
        ("address", "country"): Field(f"{prefix}_country", country),
    }


async def save(context: RequestContext, form: Form, typed: Typed, judge: Judge | None = None) -> UUID:
    """Save what was typed into the caller's account. `judge` refuses what does not fit the rest of the account.

    What changes nothing writes nothing, to the account as to the log.
    """
    account_id = acting(context).account_id
    values = form.read(typed)
    if not values:
        return account_id
    async with context.db.write() as session:
        account = await accounts.lock(session, account_id)
        if judge is not None:
            judge(account, values)
        changes = form.changes(account, values)
        if changes:
            account.sqlmodel_update(values)
            await session.flush()
            target = Target(ACCOUNT, account_id, account.number)
            await audit.record(session, origin(context), Action.ACCOUNT_UPDATED, target, changes)
    return account_id
