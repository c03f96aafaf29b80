"""Writing about cards that expire soon: 30 days before and 7 days before, once each, to whoever pays the bills."""

from datetime import datetime

from auth.authority import Authority
from models.db import Database
from models.queries import expiring_cards
from resolvers.mails import MailTemplate, queue_mail

AT_ONCE, MOST_BATCHES = 200, 500


async def remind(db: Database, authority: Authority, now: datetime) -> None:
    """Queue a letter for each reminder that is due, in the transaction that notes it."""
    for _ in range(MOST_BATCHES):
        async with db.write() as session:
            found = await expiring_cards.tell(session, now, AT_ONCE)
            for card in found:
                values = {
                    "account": card.account,
                    "card": f"{card.brand} {card.last4}",
                    "day": card.expires_on.isoformat(),
                }
                await queue_mail(session, authority, MailTemplate.CARD_EXPIRES, card.email, values)
        if len(found) < AT_ONCE:
            break
