"""Asks for pages by the very way that resolvers go, and says what they did that they must not."""

from collections.abc import Iterable, Sequence

from models.queries.pages import Keyset, Slice
from models.queries.parents import Parent
from tests.plans.cases import Case
from tests.plans.crowd import Crowd
from tests.plans.reading import GROWING, ExplainingReader, Plan

FEW, MANY = 20_000, 200_000

BOUND = 2_000
"""So many buffers a page may touch on an account of `MANY` servers, of whatever size, filled or not."""

FEW_BOUND = 1_250
"""And on one of `FEW`: more than in proportion, since small indexes are cheap to read whole, and the planner knows."""


class Findings:
    """What pages did that they must not, and the worst of what they may."""

    def __init__(self, most: int, grown: Sequence[str]) -> None:
        self._most, self._grown = most, grown
        self.wrong: list[str] = []
        self.worst: list[tuple[int, str]] = []
        self.filled = self.tried = 0

    @classmethod
    def of_servers(cls, servers: int) -> "Findings":
        """Findings about lists of servers, of an account that has so many."""
        many = servers >= MANY
        return cls(BOUND if many else FEW_BOUND, GROWING if many else GROWING[:2])

    def note(self, case: Case, plans: Sequence[Plan], rows: int) -> None:
        """Judge one page."""
        buffers = sum(plan.buffers for plan in plans)
        shapes = "; ".join(plan.shape() for plan in plans)
        self.tried, self.filled = self.tried + 1, self.filled + (rows > 0)
        self.worst = sorted([*self.worst, (buffers, f"{case}: {shapes}")], reverse=True)[:10]
        for plan in plans:
            if plan.read_whole(self._grown) or plan.skipped_by_cursor():
                self.wrong.append(f"{case} reads {plan.read_whole(self._grown)}, skips {plan.skipped_by_cursor()}")
        if buffers > self._most:
            self.wrong.append(f"{case} touches {buffers} buffers: {shapes}")

    def tell(self) -> None:
        """Print the figures: what the tests are also read for."""
        print(f"{self.tried} pages, {self.filled} with rows")  # noqa: T201
        for buffers, told in self.worst:
            print(buffers, told)  # noqa: T201


async def judged(crowd: Crowd, findings: Findings, cases: Iterable[Case]) -> Findings:
    """Ask for each page, and explain each statement with its arguments."""
    places: dict[tuple[object, ...], Keyset] = {}
    async with crowd.db._pool.acquire() as connection:
        reader = ExplainingReader(connection)
        for case in cases:
            context, parent = crowd.context(case.role), Parent(crowd.id, case.parent)
            spot = (case.query, case.parent, case.order, case.place)
            if case.place is not None and spot not in places:
                places[spot] = await crowd.place(reader, case.query, case.parent, case.order, case.place)
            ((parents, filters),) = await case.criteria(**case.filters).filters(context, [parent])
            after, before = (None, places.get(spot)) if case.backwards else (places.get(spot), None)
            reader.plans.clear()
            wanted = Slice(case.size, case.order, case.backwards, after, before, counted=True)
            (page,) = await case.query.fetch(reader, parents, wanted, filters, context.values)
            findings.note(case, reader.plans, len(page.rows))
    findings.tell()
    return findings
