"""Operations of our own making: a seed and a pool make one document over the whole schema, always the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from graphql import GraphQLField, parse

from schema.limits import AUTHENTICATION_FIELDS, Limits, excesses
from tests.fuzz.arguments import WIDE, Arguments
from tests.fuzz.pool import Pool
from tests.fuzz.scopes import Key, Places, Scope
from tests.fuzz.ways import FAR, PUBLIC, Named, composite, distance, named, possible, targets
from tests.rules.schema_walk import api

TARGETS = 4
ALIASES = ("id", "name", "state", "a", "b", "product", "__a", "nodes", "zZ_9")
ATTEMPTS = 20


@dataclass(frozen=True)
class Operation:
    """A document, which of its operations is asked for, and with which variables."""

    seed: int
    text: str
    name: str | None
    variables: dict[str, Any]


@dataclass
class Fragment:
    """A named fragment that is complete, and may be spread again."""

    name: str
    on: str
    text: str
    scope: Scope
    depth: int
    width: int
    used: frozenset[str]


@dataclass(frozen=True)
class Spot:
    """Where a selection set is being written: its type, its keys, what depth is left, and how many rows there are."""

    kind: Named
    places: Places
    depth: int
    width: int
    wanted: tuple[str, ...] = ()
    focus: str | None = None

    @property
    def crowded(self) -> bool:
        return self.width > WIDE


def make(seed: int, pool: Pool, *, root: str = "query", public: bool = False) -> Operation:
    """The operation of a seed. `public` ones need no credential. What passes a limit is made again, smaller."""
    for attempt in range(ATTEMPTS):
        random = Random(f"{root} {seed} {attempt}")  # noqa: S311 (a seed makes the same operation every time)
        made = Maker(random, seed, pool, root, public=public).operation(attempt)
        if not excesses(parse(made.text), Limits()):
            return made
    raise AssertionError(f"seed {seed} makes nothing within the limits")


def _is_a_try(target: str) -> bool:
    """Whether a target leads to a field of which a document may hold one."""
    kind, _, name = target.partition(".")
    called = name.partition("(")[0] if kind == "Mutation" else kind.removesuffix("Payload")
    return called[:1].lower() + called[1:] in AUTHENTICATION_FIELDS


class Maker:
    """Makes one document."""

    def __init__(self, random: Random, seed: int, pool: Pool, root: str, *, public: bool) -> None:
        self.random = random
        self.seed = seed
        self.pool = pool
        self.root = root
        self.public = public
        self.arguments = Arguments(random, pool)
        self.fragments: list[Fragment] = []
        self.left = 0

    def operation(self, attempt: int) -> Operation:
        """The document: one operation, or now and then several of which one is asked for."""
        several = 1 if self.random.random() < 0.9 else self.random.choice((2, 3))
        names = [f"Op{number}" for number in range(several)]
        texts = [self._written(name, attempt, main=name == names[0]) for name in names]
        anonymous = several == 1 and self.random.random() < 0.3
        if anonymous:
            texts[0] = texts[0].replace(" Op0", " ", 1)
        texts += [f"fragment {one.name} on {one.on} {one.text}" for one in self.fragments]
        self.random.shuffle(texts)
        name = None if anonymous or (several == 1 and self.random.random() < 0.5) else names[0]
        return Operation(self.seed, "\n".join(texts), name, self.arguments.declared.values)

    def _written(self, name: str, attempt: int, *, main: bool) -> str:
        self.left = self.random.choice((2, 4, 7, 11)) // (attempt // 4 + 1) if main else 3
        deep = self.random.random() < 0.4
        depth = (self.random.randint(9, 15) if deep else self.random.randint(3, 8)) - attempt // 3
        kind = named("Mutation" if self.root == "mutation" else "Query")
        self.arguments.used = set()
        spot = Spot(kind, Places((Scope(),)), depth, 1, self._wanted(kind.name, attempt) if main else ())
        body = self._selection(spot)
        declared = ", ".join(self.arguments.declared.texts[variable] for variable in sorted(self.arguments.used))
        return f"{self.root} {name}{f'({declared})' if declared else ''} {body}"

    def _wanted(self, root: str, attempt: int) -> tuple[str, ...]:
        """The fields and arguments that this seed must bring in; seed after seed they all have their turn.

        Several that cannot stand in one document, as two ways to sign in, are tried one by one in the end.
        """
        everything = targets(root)
        first, apart = self.seed + self.seed // len(everything), len(everything) // TARGETS
        wanted = [everything[(first + turn * apart) % len(everything)] for turn in range(TARGETS)]
        tries = [one for one in wanted if _is_a_try(one)]
        kept = {self.random.choice(tries)} if tries else set()
        wanted = [one for one in wanted if one not in tries or one in kept]
        wanted = wanted if attempt < ATTEMPTS // 2 else [self.random.choice(wanted)]
        if self.public:
            return tuple(one for one in wanted if any(self._leads(root, name, one) for name in PUBLIC[root]))
        return tuple(wanted)

    @staticmethod
    def _leads(kind: str, name: str, target: str) -> bool:
        below = composite(named(kind).fields[name])
        return below is not None and distance(below.name, target.partition(".")[0]) < FAR

    def _selection(self, spot: Spot) -> str:
        """A selection set in braces, with at least one selection."""
        parts = self._parts(spot)
        if not parts:
            parts = [self._leaf(spot) or self._typename(spot)]
        if len(parts) > 1 and self.random.random() < 0.15:
            parts = self._wrapped(parts, spot)
        again = self._spread_again(spot)
        return "{ " + " ".join([*parts, *again]) + " }"

    def _parts(self, spot: Spot) -> list[str]:
        if len(possible(spot.kind)) > 1:
            return self._of_interface(spot)
        chosen = self._chosen(spot)
        parts: list[str] = []
        for name, wanted in chosen:
            part = self._in_fragment(spot, name, wanted) or self._field(spot, name, wanted)
            parts += [part] if part else []
        if self.random.random() < 0.1:
            parts.append(self._typename(spot))
        return parts

    def _chosen(self, spot: Spot) -> list[tuple[str, tuple[str, ...]]]:
        """The fields of an object to select, each with what it must lead to. A field may come twice, to be merged."""
        chosen: dict[str, list[str]] = {}
        for target in spot.wanted:
            name = self._towards(spot, target)
            if name is not None:
                chosen.setdefault(name, []).append(target)
        names = [name for name in spot.kind.fields if self._allowed(spot, name)]
        extra = self.random.choice((0, 1, 2, 3)) if self.left > 0 else 0
        for name in self.random.sample(names, min(extra, len(names))):
            chosen.setdefault(name, [])
        if self.left > 0 and spot.depth > 2 and not any(map(self._opens(spot), chosen)):
            below = [name for name in names if self._opens(spot)(name)]
            chosen.setdefault(self.random.choice(below), []) if below else None
        found = [(name, tuple(wanted)) for name, wanted in chosen.items()]
        if found and self.random.random() < 0.08 and self.left > 0:
            found.append((self.random.choice(found)[0], ()))
        self.random.shuffle(found)
        return found

    @staticmethod
    def _opens(spot: Spot) -> Callable[[str], bool]:
        return lambda name: composite(spot.kind.fields[name]) is not None

    def _allowed(self, spot: Spot, name: str) -> bool:
        """Whether a field may be selected for its own sake here."""
        if self._closed(spot, name):
            return False
        found = spot.kind.fields[name]
        if composite(found) is None:
            return True
        return spot.depth > 1 and self.left > 0 and not (spot.crowded and _is_long(spot.kind.name, name, found))

    def _closed(self, spot: Spot, name: str) -> bool:
        """Whether a root field needs a credential that the caller has not."""
        return self.public and name not in PUBLIC.get(spot.kind.name, (name,))

    def _towards(self, spot: Spot, target: str) -> str | None:
        """A field of an object that leads to a target within the depth that is left, by whichever way."""
        goal, _, rest = target.partition(".")
        if goal == spot.kind.name:
            name = rest.partition("(")[0]
            return None if self._closed(spot, name) else name
        found: list[str] = []
        for name, one in spot.kind.fields.items():
            below = composite(one)
            if below is not None and not self._closed(spot, name) and distance(below.name, goal) + 2 <= spot.depth:
                found.append(name)
        narrow = [name for name in found if not _is_long(spot.kind.name, name, spot.kind.fields[name])]
        return self.random.choice((narrow or found) if spot.crowded else found) if found else None

    def _of_interface(self, spot: Spot) -> list[str]:
        """Selections on an interface: its own field, fragments on the type that comes, on others, and on itself."""
        parts: list[str] = [self._field(spot, "id", ()) or ""] if self.random.random() < 0.5 else []
        on = [spot.focus] if spot.focus else []
        on += self.random.sample(possible(spot.kind), self.random.choice((0, 0, 1)) if self.left > 0 else 0)
        for name in on:
            wanted = tuple(one for one in spot.wanted if distance(name, one.partition(".")[0]) < spot.depth)
            inner = replace(spot, kind=named(name), wanted=wanted if name == spot.focus else (), focus=None)
            parts.append(self._fragment(inner))
        if self.random.random() < 0.15:
            parts.append(f"... on {spot.kind.name}{self.arguments.directives()} {{ {self._typename(spot)} }}")
        return [part for part in parts if part]

    def _in_fragment(self, spot: Spot, name: str, wanted: tuple[str, ...]) -> str | None:
        """The field inside a fragment of its own, now and then."""
        if self.random.random() > 0.06:
            return None
        return self._fragment(spot, lambda inner: self._field(inner, name, wanted) or self._typename(inner))

    def _fragment(self, spot: Spot, write: Callable[[Spot], str] | None = None) -> str:
        """A fragment with a selection set of its own, inline or named. An outer one may hold inner ones."""
        if self.random.random() < 0.5:
            body = "{ " + write(spot) + " }" if write else self._selection(spot)
            return f"... on {spot.kind.name}{self.arguments.directives()} {body}"
        scope, outer = Scope(), self.arguments.used
        self.arguments.used = set()
        inner = replace(spot, places=spot.places.also(scope))
        body = "{ " + write(inner) + " }" if write else self._selection(inner)
        name = f"F{len(self.fragments)}"
        used = frozenset(self.arguments.used)
        self.fragments.append(Fragment(name, spot.kind.name, body, scope, spot.depth, spot.width, used))
        self.arguments.used = outer | used
        return f"...{name}{self.arguments.directives()}"

    def _spread_again(self, spot: Spot) -> list[str]:
        """A fragment that was written elsewhere, where it fits."""
        fits = [
            one
            for one in self.fragments
            if one.on == spot.kind.name and one.depth <= spot.depth and one.width >= spot.width
            if all(scope.takes_all(one.scope) for scope in spot.places)
        ]
        if not fits or self.random.random() < 0.5:
            return []
        chosen = self.random.choice(fits)
        for scope in spot.places:
            scope.put_all(chosen.scope)
        self.arguments.used |= chosen.used
        return [f"...{chosen.name}{self.arguments.directives()}"]

    def _wrapped(self, parts: list[str], spot: Spot) -> list[str]:
        """Some of the selections in an inline fragment, with a type or without."""
        cut = self.random.randint(1, len(parts) - 1)
        on = self.random.choice((f"... on {spot.kind.name}", "..."))
        return [f"{on}{self.arguments.directives()} {{ {' '.join(parts[:cut])} }}", *parts[cut:]]

    def _typename(self, spot: Spot) -> str:
        return self._named(spot, "__typename", "", api().type_map["ID"])[0] or "t: __typename"

    def _leaf(self, spot: Spot) -> str | None:
        leaves = [name for name, one in spot.kind.fields.items() if composite(one) is None]
        return self._field(spot, self.random.choice(leaves), ()) if leaves else None

    def _field(self, spot: Spot, name: str, wanted: Sequence[str]) -> str | None:
        """One field with alias, arguments, directives and what is selected below it; None where no key is free."""
        self.left -= 1
        found = spot.kind.fields[name]
        coordinate = f"{spot.kind.name}.{name}"
        below = composite(found)
        further = tuple(one for one in wanted if one.partition("(")[0] != coordinate)
        focus = self._focus(below, further)
        forced = [one.partition("(")[2][:-1] for one in wanted if one.startswith(f"{coordinate}(")]
        arguments, width = self.arguments.of_field(found, forced, spot.width, focus)
        written, places = self._named(spot, name, arguments, found.type)
        if written is not None and self.root == "mutation" and spot.kind is named("Mutation"):
            written += self.arguments.key(found)
        if written is None or below is None:
            return written and written + self.arguments.directives()
        inner = Spot(below, places, spot.depth - 1, width, further, focus)
        return f"{written}{self.arguments.directives()} {self._selection(inner)}"

    def _focus(self, below: Named | None, wanted: Sequence[str]) -> str | None:
        """The type of the ids to ask an interface for."""
        if below is None or len(possible(below)) == 1:
            return None
        near = [name for name in possible(below) if any(distance(name, one.partition(".")[0]) < FAR for one in wanted)]
        first = wanted[0].partition(".")[0] if wanted else ""
        nearest = [name for name in near if name == first or distance(name, first) < 4]
        return self.random.choice(nearest or near or possible(below))

    def _named(self, spot: Spot, name: str, arguments: str, kind: Any) -> tuple[str | None, Places]:
        """The field under a free response key: its own name, or an alias."""
        key = Key(spot.kind.name, name, arguments, kind)
        names = [self.random.choice(ALIASES), name] if self.random.random() < 0.12 else [name]
        for candidate in (*names, *self.random.sample(ALIASES, 3)):
            if spot.places.takes(candidate, key):
                alias = "" if candidate == name else f"{candidate}: "
                return f"{alias}{name}{arguments}", spot.places.put(candidate, key)
        return None, spot.places


def _is_long(kind: str, name: str, found: GraphQLField) -> bool:
    """Whether a field multiplies the rows. The lists of a connection are as long as its arguments say."""
    if kind.endswith("Connection"):
        return False
    return str(found.type).startswith("[") or (composite(found) is not None and "first" in found.args)
