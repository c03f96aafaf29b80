"""What the scenes of the demo share: the rows so far, the catalogue, the time, and one account at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.demo.catalogue import Catalogue
from gateway.demo.chance import Chance
from gateway.demo.profiles import Profile
from gateway.demo.rows import Rows


@dataclass(slots=True)
class Stage:
    """The whole demo while it is being invented. Keys and groups are numbered here as the database would."""

    rows: Rows
    catalogue: Catalogue
    tax_rates: Mapping[str, Decimal]
    now: datetime
    seed: int
    password_hash: str
    next_key: int
    next_group: int


@dataclass(frozen=True, slots=True)
class Tenant:
    """One account while it is being invented."""

    stage: Stage
    profile: Profile
    number: str
    id: UUID
    master_id: UUID
    reseller_id: UUID | None
    start: datetime
    chance: Chance

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone, in which its days are counted."""
        return ZoneInfo(self.profile.time_zone)

    @property
    def tax_rate(self) -> Decimal | None:
        """The tax of its country, which no demo account owes itself."""
        return self.stage.tax_rates.get(self.profile.country)

    @property
    def vat_number(self) -> str | None:
        """A number of nobody's, and not a valid one, where its country has a tax."""
        return None if self.tax_rate is None else f"{self.profile.country}000000000"


def enter(stage: Stage, profile: Profile, number: str, reseller_id: UUID | None = None) -> Tenant:
    """Bring an account on stage. Its chance depends on the seed and itself alone, not on who came before."""
    chance = Chance(f"{stage.seed} {profile.slug}")
    start = stage.now - timedelta(days=profile.age_days, minutes=chance.between(0, 600))
    return Tenant(
        stage=stage,
        profile=profile,
        number=number,
        id=chance.id_at(start),
        master_id=chance.id_at(start),
        reseller_id=reseller_id,
        start=start,
        chance=chance,
    )
