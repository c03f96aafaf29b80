"""The filters of server lists.

What discrete filters compare stands in `servers.facets`, and all that lists sort, filter or search by stands in the
index of every order: a page comes from a walk of its own index, or from the few rows that other indexes find.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, DateTime, Integer, Text, any_, bindparam, func, literal_column, or_

from models import tables
from models.queries.bounds import Bound
from models.queries.pages import Condition
from models.tables.fleet import AS_LETTERS, BETWEEN_WORDS

_server = tables.Server.__table__

LIMITED_FACET = 10_001
UNLIMITED_FACET = 10_002
ACTIVATION_KEY_FACETS = 1_000_000
"""The facet of an activation key is its number above this one, that of a group its number below zero."""

MOST_SEEN_RANGES = 3
"""Five states of a time line merge to at most three ranges."""

Conditions = Mapping[str, Callable[[], Condition]]


def facets(name: str) -> ColumnElement[bool]:
    """At least one of the facets that are bound by this name."""
    found: ColumnElement[bool] = _server.c.facets.op("&&")(bindparam(name, type_=ARRAY(Integer())))
    return found


def _instant(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


def _search() -> ColumnElement[bool]:
    """Host name and address, by the very expression that the index is over."""

    def as_index(words: Any) -> Any:
        return func.translate(words, *(literal_column(f"'{signs}'", Text()) for signs in (BETWEEN_WORDS, AS_LETTERS)))

    words = _server.c.hostname.op("||")(literal_column("' '", Text())).op("||")(func.host(_server.c.ip))
    found: ColumnElement[bool] = as_index(words).like(as_index(func.lower(bindparam("search", type_=Text()))))
    return found


def _seen(number: int) -> list[Bound]:
    """The range of last check-ins of this number."""
    seen = _server.c.last_check_in_sort
    until = Bound(seen, _instant(f"seen_until_{number}"), upper=True, inclusive=True)
    return [Bound(seen, _instant(f"seen_from_{number}")), until]


def conditions(registered: Any) -> Conditions:
    """The filters of a server list by name; `registered` is the column that the registered date is."""
    seen = {count: [_seen(number) for number in range(count)] for count in range(1, MOST_SEEN_RANGES + 1)}
    names = ("scope", "product_facets", "family_facets", "key_facets", "group_facets", "limited_facets")
    return {
        **{name: partial(facets, name) for name in names},
        "registered_from": lambda: Bound(registered, _instant("registered_from")),
        "registered_until": lambda: Bound(registered, _instant("registered_until"), upper=True),
        "search": _search,
        "search_with_keys": lambda: or_(_search(), facets("searched_key_facets")),
        "nothing": lambda: literal_column("false"),
        **{f"seen_{count}": partial(list, ranges) for count, ranges in seen.items()},
    }


def _named(name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _server.c.group_sort == any_(bindparam(name, type_=ARRAY(Text())))
    return found


BY_GROUP: Conditions = {"group_facets": partial(_named, "group_sorts")}
"""In the order of groups' names, a group is a stretch of the index."""

BY_GROUP_IN_SCOPE: Conditions = {**BY_GROUP, "scope": partial(_named, "scope_sorts")}
"""In the list of one group, which is such a stretch itself."""
