"""The filters of server lists.

What discrete filters compare stands in `servers.facets`, and all that lists sort, filter or search by stands in the
index of every order: a page comes from a walk of its own index, or from the few rows that other indexes find.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, DateTime, Integer, Text, any_, bindparam, func, literal_column, or_

from models.entities.base import UUIDS
from models.queries.bounds import Bound
from models.queries.pages import Condition, in_one_of
from models.tables.fleet import AS_LETTERS, BETWEEN_WORDS

LIMITED_FACET = 10_001
UNLIMITED_FACET = 10_002
ACTIVATION_KEY_FACETS = 1_000_000
"""The facet of an activation key is its number above this one, that of a group its number below zero."""

MOST_SEEN_RANGES = 3
"""Five states of a time line merge to at most three ranges."""

SEEN_COUNTS = {f"seen_{count}": count for count in range(1, MOST_SEEN_RANGES + 1)}
SEEN = frozenset(SEEN_COUNTS)
"""The filters by last check-in, with the number of ranges that each has."""

FACETS = ("scope", "product_facets", "family_facets", "key_facets", "group_facets", "limited_facets")
"""The filters that compare facets."""

Conditions = Mapping[str, Callable[[], Condition]]


def facets(listed: Any, name: str) -> ColumnElement[bool]:
    """At least one of the facets that are bound by this name."""
    found: ColumnElement[bool] = listed.facets.op("&&")(bindparam(name, type_=ARRAY(Integer())))
    return found


def _instant(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


def _search(listed: Any) -> ColumnElement[bool]:
    """Host name and address, by the very expression that the index is over."""

    def as_index(words: Any) -> Any:
        return func.translate(words, *(literal_column(f"'{signs}'", Text()) for signs in (BETWEEN_WORDS, AS_LETTERS)))

    words = listed.hostname.op("||")(literal_column("' '", Text())).op("||")(func.host(listed.ip))
    found: ColumnElement[bool] = as_index(words).like(as_index(func.lower(bindparam("search", type_=Text()))))
    return found


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
        "search": lambda: _search(listed),
        "search_with_keys": lambda: or_(_search(listed), facets(listed, "searched_key_facets")),
        "nothing": lambda: literal_column("false"),
        "found": lambda: server_id == any_(bindparam("found", type_=UUIDS)),
        **{name: partial(list, found) for name, found in ranges.items()},
    }


def on_the_way(listed: Any, server_id: Any) -> Conditions:
    """The filters of a server's own columns for a walk of an order, said so that no other index answers them: where
    each row had to be looked up elsewhere, the many rows that it finds would cost more than a walk to the first few."""
    plain = conditions(listed, server_id, listed.registered_at, None)
    names = (*FACETS, "search", "search_with_keys", "registered_from", "registered_until")
    return {name: partial(_is_true, plain[name]) for name in names}


def _is_true(condition: Callable[[], Condition]) -> ColumnElement[bool]:
    made: Any = condition()
    found = made.clause() if isinstance(made, Bound) else made
    return found.is_(literal_column("true"))


def seen_in(seen: Any, count: int) -> ColumnElement[bool]:
    """That the last check-in is in one of so many ranges."""
    return in_one_of([_seen(seen, number) for number in range(count)])


def seen_on_the_way(seen: Any) -> Conditions:
    """The filters by last check-in in a walk of another order: one walk, whatever the number of ranges."""
    return {name: partial(seen_in, seen, count) for name, count in SEEN_COUNTS.items()}


def _named(listed: Any, name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = listed.group_sort == any_(bindparam(name, type_=ARRAY(Text())))
    return found


def by_group(listed: Any) -> Conditions:
    """What takes the place of facets in the order of groups' names, where a group is a stretch of the index."""
    return {"group_facets": partial(_named, listed, "group_sorts")}


def by_group_in_scope(listed: Any) -> Conditions:
    """The same in the list of one group, which is such a stretch itself."""
    return {**by_group(listed), "scope": partial(_named, listed, "scope_sorts")}
