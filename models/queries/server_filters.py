"""The filters of server lists.

What discrete filters compare stands in `servers.facets`, and all that lists sort, filter or search by stands in the
index of every order: a page comes from a walk of its own index, or from the few rows that other indexes find.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    true,
)
from sqlalchemy.dialects.postgresql import INET

from models.entities.base import UUIDS
from models.queries import words
from models.queries.bounds import Bound, Condition, in_one_of
from models.queries.words import SEARCHES
from models.tables.fleet import REGISTERED_DAY

LIMITED_FACET = 10_001
UNLIMITED_FACET = 10_002
ACTIVATION_KEY_FACETS = 1_000_000
"""The facet of an activation key is its number above this one, that of a group its number below zero."""

MOST_SEEN_RANGES = 3
"""Five states of a time line merge to at most three ranges."""

SEEN_COUNTS = {f"seen_{count}": count for count in range(1, MOST_SEEN_RANGES + 1)}
SEEN = frozenset(SEEN_COUNTS)
"""The filters by last check-in, with the number of ranges that each has."""

DAYS = frozenset({"registered_from", "registered_until"})
"""The filters by the date of registration, or of activation where a list is one key's or product's."""

FACETS = ("scope", "product_facets", "family_facets", "key_facets", "group_facets", "limited_facets")
"""The filters that compare facets."""

FIRST_OF_IPV6 = literal_column("'::'::inet", INET())
"""All addresses of version 6 come behind those of version 4."""

FIRST_ADDRESS = literal_column("'0.0.0.0/0'::inet", INET())
LAST_ADDRESS = literal_column("'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::inet", INET())

Conditions = Mapping[str, Callable[[], Condition]]


def facets(listed: Any, name: str) -> ColumnElement[bool]:
    """At least one of the facets that are bound by this name."""
    found: ColumnElement[bool] = listed.facets.op("&&")(bindparam(name, type_=ARRAY(Integer())))
    return found


def _instant(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


def _seen(seen: Any, number: int) -> list[Bound]:
    """The range of last check-ins of this number."""
    until = Bound(seen, _instant(f"seen_until_{number}"), upper=True, inclusive=True)
    return [Bound(seen, _instant(f"seen_from_{number}")), until]


def conditions(listed: Any, server_id: Any, registered: Any, seen: Any) -> Conditions:
    """The filters of a server list by name.

    `listed` are the columns of the table that a server is compared in; its id, the registered date and the last
    check-in are other columns in different lists.
    """
    ranges = {name: [_seen(seen, number) for number in range(count)] for name, count in SEEN_COUNTS.items()}
    return {
        **{name: partial(facets, listed, name) for name in FACETS},
        "registered_from": lambda: Bound(registered, _instant("registered_from")),
        "registered_until": lambda: Bound(registered, _instant("registered_until"), upper=True),
        **{name: partial(words.compared, listed) for name in SEARCHES},
        **{f"{name}_with_keys": partial(_or_keys, listed, partial(words.compared, listed)) for name in SEARCHES},
        "search_with_many_keys": partial(_or_keys, listed, partial(words.compared, listed)),
        **dict.fromkeys(("ipv6", "addresses_from", "addresses_until"), true),
        "nothing": lambda: literal_column("false"),
        "found": lambda: server_id == any_(bindparam("found", type_=UUIDS)),
        **{name: partial(list, found) for name, found in ranges.items()},
    }


def _or_keys(listed: Any, compared: Callable[[], ColumnElement[bool]]) -> ColumnElement[bool]:
    """What a search finds, or a server with one of the keys that it finds."""
    return or_(compared(), facets(listed, "searched_key_facets"))


def by_index(listed: Any) -> Mapping[str, list[Callable[[], ColumnElement[bool]]]]:
    """What one index answers of the filters by facets and words: all of their rows, and maybe some more.

    A search that keys answer too has two branches, and is their union.
    """
    keys = partial(facets, listed, "searched_key_facets")
    return {
        **{name: [partial(facets, listed, name)] for name in FACETS},
        **{name: [indexed] for name, indexed in words.INDEXED.items()},
        **{f"{name}_with_keys": [indexed, keys] for name, indexed in words.INDEXED.items()},
    }


def by_day() -> dict[str, Callable[[], ColumnElement[bool]]]:
    """What the index answers of the filters by date of registration, whatever the time zone: by whole days of UTC."""

    def day(name: str) -> Any:
        return cast(func.timezone(literal_column("'UTC'"), _instant(name)), Date())

    day_of_row: Any = literal_column(REGISTERED_DAY, Date())
    return {
        "registered_from": lambda: day_of_row >= day("registered_from"),
        "registered_until": lambda: day_of_row <= day("registered_until"),
    }


def counted(listed: Any) -> Conditions:
    """The filters that search, with what the index answers of them: all rows are wanted, so that few should be read."""
    plain = conditions(listed, None, None, None)
    searches = {name: branches for name, branches in by_index(listed).items() if name not in FACETS}
    return {name: partial(_searched, plain[name], branches) for name, branches in searches.items()}


def _searched(plain: Callable[[], Any], branches: list[Callable[[], ColumnElement[bool]]]) -> ColumnElement[bool]:
    return and_(or_(*(branch() for branch in branches)), plain())


def on_the_way(listed: Any, server_id: Any) -> Conditions:
    """The filters of a server's own columns for a walk of an order, said so that no other index answers them: where
    each row had to be looked up elsewhere, the many rows that it finds would cost more than a walk to the first few."""
    plain = conditions(listed, server_id, listed.registered_at, None)
    return {name: partial(_is_true, plain[name]) for name in (*by_index(listed), *DAYS)}


def _is_true(condition: Callable[[], Condition]) -> ColumnElement[bool]:
    made: Any = condition()
    found: ColumnElement[bool] = made.clause() if isinstance(made, Bound) else made
    return found.is_(literal_column("true"))


def seen_ranges(seen: Any, count: int) -> list[list[Bound]]:
    """So many ranges of last check-ins."""
    return [_seen(seen, number) for number in range(count)]


def seen_in(seen: Any, count: int) -> ColumnElement[bool]:
    """That the last check-in is in one of so many ranges."""
    return in_one_of(seen_ranges(seen, count))


def _named(listed: Any, name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = listed.group_sort == any_(bindparam(name, type_=ARRAY(Text())))
    return found


def by_group(listed: Any) -> Conditions:
    """What takes the place of facets in the order of groups' names, where a group is a stretch of the index."""
    return {"group_facets": partial(_named, listed, "group_sorts")}


def by_address(listed: Any) -> Conditions:
    """What is beside a search that host names and addresses of version 4 cannot match, in the order of addresses: it
    need not walk through these. In other orders the planner, were it told, would count on both."""
    return {"ipv6": lambda: Bound(listed.ip, FIRST_OF_IPV6)}


def by_group_in_scope(listed: Any) -> Conditions:
    """The same in the list of one group, which is such a stretch itself."""
    return {**by_group(listed), "scope": partial(_named, listed, "scope_sorts")}
