"""Pages of activation keys and invoices to ask for, as a seed draws them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from models.enums import InvoiceType
from models.queries.billing import INVOICES_OF_ACCOUNT
from models.queries.keys import KEYS_OF_ACCOUNT, KEYS_OF_SUBSCRIPTION
from models.queries.pages import Order, Pages
from models.roles import RoleName
from resolvers.criteria import ActivationKeyCriteria, Criteria, Days, InvoiceCriteria
from tests.plans.cases import PLACES, Case
from tests.plans.crowd import Crowd

KEY_FILTERS = ("product_ids", "families", "license_type_ids", "limited", "search")
INVOICE_FILTERS = ("types", "created", "search")


class Draw:
    """Filters as a seed draws them."""

    def __init__(self, crowd: Crowd, seed: str) -> None:
        self.random = Random(seed)  # noqa: S311 (drawn again alike, from the same seed)
        self._crowd = crowd

    def _some(self, choices: Any) -> tuple[Any, ...]:
        return tuple(sorted(self.random.sample(list(choices), self.random.randint(1, 3))))

    def _part(self, text: str) -> str:
        first = self.random.randrange(len(text))
        return text[first : first + self.random.choice((1, 2, 3, 5, 40))]

    def _key_text(self) -> str:
        key, note = self.random.choice(self._crowd.key_texts), self.random.choice(self._crowd.notes)
        return self.random.choice((key, self._part(key), note, self._part(note), "%", "no such key"))

    def _days(self) -> Days:
        first = datetime.now(UTC).date() - timedelta(days=self.random.randint(0, 800))
        last = first + timedelta(days=self.random.choice((0, 31, 120)))
        return self.random.choice((Days(first, last), Days(first, None), Days(None, first)))

    def _number(self) -> str:
        number = self.random.choice(self._crowd.numbers)
        return self.random.choice((number, self._part(number), "no such number"))

    def of_keys(self, name: str) -> Any:
        """A value for the filter of this name in a list of keys."""
        values = {
            "product_ids": lambda: self._some(self._crowd.products),
            "families": lambda: self._some(self._crowd.families),
            "license_type_ids": lambda: self._some(self._crowd.types),
            "limited": lambda: self.random.random() < 0.5,
            "search": self._key_text,
        }
        return values[name]()

    def of_invoices(self, name: str) -> Any:
        """A value for the filter of this name in a list of invoices."""
        types = [type_.name for type_ in InvoiceType]
        values = {"types": lambda: (self.random.choice(types),), "created": self._days, "search": self._number}
        return values[name]()


def drawn_records(crowd: Crowd, seed: str, how_many: int) -> Iterator[Case]:
    """Combinations of lists, orders, filters, places, directions and sizes."""
    draw = Draw(crowd, seed)
    random = draw.random
    lists: list[tuple[Pages, list[UUID], type[Criteria], tuple[str, ...], Any]] = [
        (KEYS_OF_ACCOUNT, [crowd.id], ActivationKeyCriteria, KEY_FILTERS, draw.of_keys),
        (KEYS_OF_SUBSCRIPTION, list(crowd.subscriptions), ActivationKeyCriteria, KEY_FILTERS, draw.of_keys),
        (INVOICES_OF_ACCOUNT, [crowd.id], InvoiceCriteria, INVOICE_FILTERS, draw.of_invoices),
    ]
    for _ in range(how_many):
        query, parents, criteria, filters, value = random.choice(lists)
        names = random.sample(filters, random.choice((0, 1, 1, 2, 2, 3)))
        yield Case(
            query,
            random.choice(parents),
            Order(random.choice(list(query.orders)), random.random() < 0.5),
            {name: value(name) for name in sorted(names)},
            random.choice(PLACES),
            random.random() < 0.5,
            random.choice((20, 20, 100)),
            random.choice((RoleName.MASTER, RoleName.READ_ONLY_SERVER_MANAGEMENT)),
            criteria,
        )
