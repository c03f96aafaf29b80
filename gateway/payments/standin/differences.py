"""What Stripe does and localstripe does not, where the gateway relies on it. Each is a few lines around its own code.

- A new intent takes `description`, `automatic_payment_methods` and `allowed_payment_method_types`, and takes
  `payment_method_types` no more.
- A declined charge's error is a card error, and holds the intent.
- Where the card's holder is away, a card that asks for confirmation is declined.
- Waiting for a confirmation, giving up and a failed confirmation are told as events.
"""

from typing import Any

from localstripe import resources
from localstripe.errors import UserError

REMOVED = "payment_method_types"


def make_them() -> None:
    """Change what localstripe does; once for a process, and before its server reads which function is behind a path."""
    intent, setup = resources.PaymentIntent, resources.SetupIntent
    intent._api_create = classmethod(_creating(intent._api_create))
    setup._api_create = classmethod(_beginning(setup._api_create))
    instead = {
        intent._api_cancel: _giving_up(intent._api_cancel),
        intent._api_authenticate: _confirming(intent._api_authenticate),
    }
    resources.extra_apis[:] = [(method, path, instead.get(do, do)) for method, path, do in resources.extra_apis]


def _creating(make: Any) -> Any:
    def create(_: Any, confirm: Any = None, off_session: Any = None, **data: Any) -> Any:
        _refuse_removed(data)
        new = {name: data.pop(name, None) for name in ("description", "automatic_payment_methods")}
        made = make(**data)
        vars(made).update(new)
        if resources.try_convert_to_bool(confirm):
            _confirm(made, away=resources.try_convert_to_bool(off_session) is True)
        return made

    return create


def _beginning(begin: Any) -> Any:
    def create(_: Any, allowed_payment_method_types: Any = None, **data: Any) -> Any:
        _refuse_removed(data)
        return begin(**data, payment_method_types=allowed_payment_method_types)

    return create


def _giving_up(cancel: Any) -> Any:
    def give_up(**data: Any) -> Any:
        given_up = cancel(**data)
        _tell("payment_intent.canceled", given_up)
        return given_up

    return give_up


def _confirming(authenticate: Any) -> Any:
    def confirm(id: str, **data: Any) -> Any:  # noqa: A002 (localstripe's name)
        try:
            intent = authenticate(id=id, **data)
        except UserError as error:
            raise _as_card_error(error, resources.PaymentIntent._api_retrieve(id)) from None
        if intent.status == "requires_payment_method":
            _tell("payment_intent.payment_failed", intent)
        return intent

    return confirm


def _refuse_removed(data: dict[str, Any]) -> None:
    if REMOVED in data:
        raise UserError(400, f"{REMOVED} is no longer supported.", {"code": f"{REMOVED}_no_longer_supported"})


def _confirm(intent: Any, *, away: bool) -> None:
    """Charge a new intent, or have it wait for the card's holder, who may be away."""
    try:
        intent._confirm(on_failure_now=intent._report_failure)
    except UserError as error:
        raise _as_card_error(error, intent) from None
    if intent.status != "requires_action":
        return
    if not away:
        _tell("payment_intent.requires_action", intent)
        return
    intent.next_action, intent.payment_method, intent._authentication_failed = None, None, True
    _tell("payment_intent.payment_failed", intent)
    asked = UserError(402, "This card asks its holder to confirm.", {"code": "authentication_required"})
    raise _as_card_error(asked, intent)


def _as_card_error(error: Any, intent: Any) -> Any:
    """An error as Stripe tells it: declines are card errors with the intent as it has become."""
    if error.code == 402:
        error.body["error"] |= {"type": "card_error", "payment_intent": intent._export()}
    return error


def _tell(kind: str, about: Any) -> None:
    resources.schedule_webhook(resources.Event(kind, about))
