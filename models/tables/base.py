"""What all tables share: one metadata with named constraints, and the columns that every area spells the same way.

A helper returns a SQLModel field without a Python default wherever the database has one: an attribute that was never
set is left out of the INSERT, and the server's default stands.
"""

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    FromClause,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

LAST_TEXT = r"U&'\+10FFFF'"
"""The text that sorts behind every other under the C collation: a null in an order."""


class Table(SQLModel):
    """The base of every table."""

    if TYPE_CHECKING:
        __table__: ClassVar[FromClause]

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class TextEnum(TypeDecorator[Enum]):
    """An enum's member, stored as its name in a text column; `one_of` holds the column to the list."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[Enum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: Enum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Take a member or its name."""
        return value.name if isinstance(value, Enum) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:  # noqa: ARG002
        """Give the member."""
        return None if value is None else self.members[value]


def one_of(column: str, members: type[Enum], without: Sequence[Enum] = ()) -> CheckConstraint:
    """Hold a column to the names of an enum, some of them left out."""
    names = ", ".join(f"'{member.name}'" for member in members if member not in without)
    return CheckConstraint(f"{column} IN ({names})", name=column)


def within_account(columns: Sequence[str], target: str, remote: Sequence[str], **rules: Any) -> ForeignKeyConstraint:
    """Refer to a row of the same account: both sides begin with account_id, so a stranger's row cannot be named."""
    return ForeignKeyConstraint(
        ["account_id", *columns], [f"{target}.{name}" for name in ("account_id", *remote)], **rules
    )


def column(
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    *rules: Any,
    null: bool = False,
    default: str | None = None,
    primary: bool = False,
) -> Any:
    """Declare a column; `default` is the server's, as SQL."""
    server_default = None if default is None else text(default)
    declared: Column[Any] = Column(kind, *rules, nullable=null, server_default=server_default, primary_key=primary)
    return Field(default=None, sa_column=declared) if null else Field(sa_column=declared)


def primary_key() -> Any:
    """Declare a UUIDv7 key, made by the database where the program gives none."""
    return Field(sa_column=Column(Uuid, primary_key=True, server_default=text("uuidv7()")))


def owner() -> Any:
    """Declare the account that a row belongs to."""
    return column(Uuid, ForeignKey("accounts.id"))


def parents_owner() -> Any:
    """Declare the account of a row that always has a parent there: the key to the parent holds the account too."""
    return column(Uuid)


def reference(target: str | None = None, *, null: bool = False) -> Any:
    """Declare an id, held by a foreign key of its own unless the table declares a composite one."""
    return column(Uuid, *([] if target is None else [ForeignKey(target)]), null=null)


def words(*, null: bool = False, default: str | None = None, collation: str | None = None) -> Any:
    """Declare a text column."""
    return column(Text(collation=collation), null=null, default=default)


def member(members: type[Enum], *, null: bool = False, default: Enum | None = None) -> Any:
    """Declare a column that holds one name of a closed list."""
    return column(TextEnum(members), null=null, default=None if default is None else f"'{default.name}'")


def small(*, null: bool = False, default: str | None = None) -> Any:
    """Declare a smallint column."""
    return column(SmallInteger, null=null, default=default)


def count(*, null: bool = False, default: str | None = None) -> Any:
    """Declare an integer column."""
    return column(Integer, null=null, default=default)


def minor(*, null: bool = False, default: str | None = None) -> Any:
    """Declare an amount in minor units, or another whole number that may grow large."""
    return column(BigInteger, null=null, default=default)


def flag(default: str) -> Any:
    """Declare a boolean column."""
    return column(Boolean, default=default)


def moment(*, null: bool = False, default: str | None = None) -> Any:
    """Declare a point in time."""
    return column(DateTime(timezone=True), null=null, default=default)


def made_at() -> Any:
    """Declare the moment of a row's making."""
    return moment(default="now()")


def day(*, null: bool = False) -> Any:
    """Declare a calendar day."""
    return column(Date, null=null)


def octets(*, null: bool = False) -> Any:
    """Declare a hash or a sealed secret."""
    return column(LargeBinary, null=null)


def address(*, null: bool = False) -> Any:
    """Declare a network address."""
    return column(INET, null=null)


def document(*, null: bool = False, default: str | None = None) -> Any:
    """Declare a JSON document."""
    return column(JSONB, null=null, default=default)


def ordinal(kind: type[TypeEngine[Any]] = Integer, *, primary: bool = False) -> Any:
    """Declare a number that the database counts up, unless a bulk loader gives one it has reserved."""
    return Field(sa_column=Column(kind, Identity(always=False), nullable=False, primary_key=primary))


def derived(kind: TypeEngine[Any] | type[TypeEngine[Any]], expression: str) -> Any:
    """Declare a stored column that the database computes from others of its row."""
    return Field(sa_column=Column(kind, Computed(expression, persisted=True), nullable=False))
