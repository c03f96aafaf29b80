"""The servers of an account, their groups, and the registrations that join them to products and keys."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from models.tables.base import (
    LAST_TEXT,
    Table,
    address,
    column,
    count,
    derived,
    flag,
    made_at,
    moment,
    ordinal,
    owner,
    parents_owner,
    primary_key,
    reference,
    within_account,
    words,
)

NEVER_LAST = "coalesce(last_check_in, 'infinity')"
"""A server that never checked in sorts behind every other."""


BETWEEN_WORDS, AS_LETTERS = ".-: _", "XQKZV"
DIGITS_BEHIND_DOTS, DIGITS_OF_ADDRESSES = (
    {f".{n}": letters[n] for n in range(10)} for letters in ("ABCDEFGHIJ", "LMNOPRSTUW")
)
"""What search reads as letters, capitals that no host name has: what stands between words, and a dot with the digit
behind it as one, in addresses as another than in host names. Trigrams end where words do, and know little of addresses,
whose few digits all have in common."""


def _as_letters(words: str, digits: dict[str, str]) -> str:
    for digit, letter in digits.items():
        words = f"replace({words}, '{digit}', '{letter}')"
    return f"translate({words}, '{BETWEEN_WORDS}', '{AS_LETTERS}')"


SEARCHED_TEXT = " || ".join(
    (_as_letters("hostname || ' '", DIGITS_BEHIND_DOTS), _as_letters("host(ip) || ' '", DIGITS_OF_ADDRESSES))
)
"""What search is over: host name and address. It ends with a letter, so that one follows everywhere. It is stored, as
each row that the index of words finds is compared anew: to make it again took twice as long as the rest."""

SEARCHED_CHARACTERS = "string_to_array(searched, NULL)"
"""Its characters, each on its own: what is too short for trigrams is found by these."""

REGISTERED_DAY = "((registered_at AT TIME ZONE 'UTC')::date)"
"""The day on which a server was registered: few enough of them that the index of words finds a range of days."""

LISTED = ("facets", "hostname", "ip", "registered_at", "group_sort")
"""What lists of servers filter, search and sort by, but for the last check-in."""


def look_up_index(name: str, column: str) -> Index:
    """The index by which rows are looked up one by one: 2 buffers a row, where a tree of 200,000 takes 4."""
    return Index(name, column, postgresql_using="hash")


def list_index(order: str) -> Index:
    """Make the index that serves one order of the server list. All that lists filter, search and sort by is in it: a
    walk reads no row of the table, and neither does the way through another order's index, with a sort."""
    return Index(None, "account_id", order, "id", postgresql_include=[name for name in LISTED if name != order])


def registration_index(parent: str, column: str, order: str, *others: str) -> Index:
    """Make the index that lists a parent's servers in one order and filters by others, without the table."""
    name = f"ix_registrations_{parent}_{order}"
    return Index(name, "account_id", column, order, "server_id", postgresql_include=[*others, "id"])


class ServerGroup(Table, table=True):
    """A named group of servers; `number`, negated, is its facet in the server list."""

    __tablename__ = "server_groups"
    __table_args__: ClassVar = (
        UniqueConstraint("number"),
        UniqueConstraint("account_id", "id", "name"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("name <> ''", name="name"),
        Index("uq_server_groups_name", "account_id", text("lower(name)"), unique=True),
    )

    id: UUID = primary_key()
    number: int = ordinal()
    account_id: UUID = owner()
    name: str = words()
    created_at: datetime = made_at()


class Server(Table, table=True):
    """A machine. `facets` and `searched` are kept by the database: what the list's other filters compare."""

    __tablename__ = "servers"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "id", "hostname"),
        CheckConstraint("hostname = lower(hostname) AND length(hostname) BETWEEN 1 AND 253", name="hostname"),
        CheckConstraint("strpos(hostname, ':') = 0", name="hostname_colon"),
        CheckConstraint("machine_id <> ''", name="machine_id"),
        CheckConstraint("(group_id IS NULL) = (group_name IS NULL)", name="group_name"),
        within_account(
            ["group_id", "group_name"],
            "server_groups",
            ["id", "name"],
            onupdate="CASCADE",
            ondelete="SET NULL (group_id, group_name)",
        ),
        Index(
            "uq_servers_machine_id",
            "account_id",
            "machine_id",
            unique=True,
            postgresql_where=text("machine_id IS NOT NULL"),
        ),
        Index("ix_servers_host", "account_id", "hostname", "ip", "registered_at", "id"),
        Index(
            "uq_servers_by_hand",
            "account_id",
            "hostname",
            "ip",
            unique=True,
            postgresql_where=text("created_by_hand"),
        ),
        Index(
            "ix_servers_group_hostname",
            "account_id",
            "group_id",
            "hostname",
            "id",
            postgresql_where=text("group_id IS NOT NULL"),
        ),
        list_index("hostname"),
        list_index("ip"),
        list_index("registered_at"),
        list_index("group_sort"),
        look_up_index("ix_servers_look_up", "id"),
        Index(
            "ix_servers_search",
            "account_id",
            "facets",
            text("searched gin_trgm_ops"),
            text(f"({SEARCHED_CHARACTERS})"),
            text(REGISTERED_DAY),
            postgresql_using="gin",
        ),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    machine_id: str | None = words(null=True)
    hostname: str = words(collation="C")
    ip: str = address()
    registered_at: datetime = made_at()
    group_id: UUID | None = reference(null=True)
    group_name: str | None = words(null=True)
    group_sort: str = derived(Text(collation="C"), f"coalesce(lower(group_name), {LAST_TEXT})")
    facets: list[int] = column(ARRAY(Integer), default="'{}'")
    created_by_hand: bool = flag("false")
    searched: str = derived(Text(), SEARCHED_TEXT)


class Registration(Table, table=True):
    """One server, one license type, one key: an installed product.

    Host name, facets, address and group are the server's, kept by the database for the lists by date of activation.
    The narrowest index is for a product's days alone, which may be read by the ten thousand.
    """

    __tablename__ = "registrations"
    __table_args__: ClassVar = (
        UniqueConstraint("server_id", "license_type_id"),
        UniqueConstraint("account_id", "id", "server_id"),
        CheckConstraint("epoch >= 0", name="epoch"),
        within_account(
            ["server_id", "hostname"], "servers", ["id", "hostname"], onupdate="CASCADE", ondelete="CASCADE"
        ),
        within_account(
            ["activation_key_id", "license_type_id", "product_id"],
            "activation_keys",
            ["id", "license_type_id", "product_id"],
            name="fk_registrations_activation_key",
            ondelete="CASCADE",
        ),
        registration_index("key", "activation_key_id", "hostname", "activated_at"),
        registration_index("key", "activation_key_id", "activated_at", "hostname", "facets", "ip", "group_sort"),
        registration_index("product", "product_id", "hostname", "activated_at"),
        registration_index("product", "product_id", "activated_at", "hostname", "facets", "ip", "group_sort"),
        Index("ix_registrations_product_days", "account_id", "product_id", "activated_at", "server_id"),
        Index("ix_registrations_license_type_hostname", "account_id", "license_type_id", "hostname", "server_id"),
        look_up_index("ix_registrations_look_up", "server_id"),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    server_id: UUID = reference()
    hostname: str = words(collation="C")
    product_id: UUID = reference()
    license_type_id: UUID = reference()
    activation_key_id: UUID = reference()
    activated_at: datetime = made_at()
    facets: list[int] = column(ARRAY(Integer), default="'{}'")
    ip: str = address()
    group_sort: str = words(collation="C")
    epoch: int = count(default="0")


class RegistrationCheckIn(Table, table=True):
    """When a registration's agent last answered, and its version: all of a registration that a check-in writes.

    Every registration has its row from the start, made by the database. No index is over what changes, so that a
    check-in adds to none.
    """

    __tablename__ = "registration_check_ins"
    __table_args__: ClassVar = (
        within_account(
            ["registration_id", "server_id"],
            "registrations",
            ["id", "server_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        look_up_index("ix_registration_check_ins_look_up", "registration_id"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    registration_id: UUID = column(Uuid, primary=True)
    account_id: UUID = parents_owner()
    server_id: UUID = reference()
    last_check_in: datetime | None = moment(null=True)
    version: str | None = words(null=True)


class ServerCheckIn(Table, table=True):
    """When a server last answered: all of a server that a check-in writes, with what its list compares beside it.

    Every server has its row from the start, made and kept by the database, so that the list in the order of last
    check-ins, and the one of some check-ins alone, is read from this table's index.
    """

    __tablename__ = "server_check_ins"
    __table_args__: ClassVar = (
        within_account(
            ["server_id", "hostname"], "servers", ["id", "hostname"], onupdate="CASCADE", ondelete="CASCADE"
        ),
        Index(
            "ix_server_check_ins_order",
            "account_id",
            "last_check_in_sort",
            "server_id",
            postgresql_include=list(LISTED),
        ),
        look_up_index("ix_server_check_ins_look_up", "server_id"),
    )

    server_id: UUID = column(Uuid, primary=True)
    account_id: UUID = parents_owner()
    last_check_in: datetime | None = moment(null=True)
    last_check_in_sort: datetime = derived(DateTime(timezone=True), NEVER_LAST)
    facets: list[int] = column(ARRAY(Integer), default="'{}'")
    hostname: str = words(collation="C")
    ip: str = address()
    registered_at: datetime = moment()
    group_sort: str = words(collation="C")
