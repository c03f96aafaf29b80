"""What a start says once it is ready: where everything is, who may sign in, and a line to paste."""

import json
import shlex
from enum import Enum
from ipaddress import ip_address
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway.settings import Settings

MASTER = "master@demo.example.com"
DEMO_LOGINS = {
    MASTER: "Master",
    "full-access@demo.example.com": "Full Access",
    "billing@demo.example.com": "Billing",
    "server-and-license-management@demo.example.com": "Server and License Management",
    "server-management@demo.example.com": "Server Management Only",
    "read-only-billing@demo.example.com": "Read Only Billing",
    "read-only-server-management@demo.example.com": "Read Only Server Management",
}


class DemoState(Enum):
    """What is known of the demo in a database."""

    ABSENT = "absent"
    PRESENT = "present"
    OTHER_PASSWORD = "loaded with another password"  # noqa: S105 (a state, not a password)


# Narrow enough for a terminal of 80 columns: an address that is cut cannot be pasted.
PLAIN: Any = {"box": None, "pad_edge": False, "padding": (0, 2, 0, 0)}

PAYMENTS = """
No money moves: payments go to a stand-in for Stripe at {}.
Test cards: 4242424242424242 is good, 4000000000000341 declined, 4000002500003155 asks to be confirmed."""

SIGN_IN = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { token } }"

DASHBOARD = """
query Dashboard { viewer { login account { number subscriptions {
  product { name } licenseCount usedLicenseCount licenses { type { name } quantity used available }
  activationKeys(first: 50) { totalCount nodes { key note used limit
    servers(first: 20) { totalCount nodes { hostname ip state group { name }
      installedProducts { version lastCheckIn product { name } } } } } } } } } }
"""


def base_url(settings: Settings) -> str:
    """Where a browser on this machine finds us."""
    host = settings.host
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - it is what we were told to listen on
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://{f'[{host}]' if _is_v6(host) else host}:{settings.port}"


def _is_v6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False


def dashboard_command(settings: Settings) -> str:
    """A line for a shell with curl and sed: signs in as the demo's master and asks for the nested dashboard."""
    credentials = {"email": MASTER, "password": settings.demo_password.get_secret_value()}
    post = f"curl -sS {base_url(settings)}/graphql -H 'Content-Type: application/json'"
    sign_in = f"{post} -d {_body(SIGN_IN, {'input': credentials})}"
    token = f"""$({sign_in} | sed 's/.*"token": *"\\([^"]*\\)".*/\\1/')"""
    return f'{post} -H "Authorization: Bearer {token}" -d {_body(DASHBOARD)}'


def _body(document: str, variables: dict[str, object] | None = None) -> str:
    """An operation as a quoted argument; JSON's own escapes keep it plain ASCII on one line."""
    content: dict[str, object] = {"query": " ".join(document.split())}
    return shlex.quote(json.dumps(content | ({"variables": variables} if variables else {})))


def say_ready(console: Console, settings: Settings, *, demo: DemoState, page: bool) -> None:
    """Print the table of addresses, and of the demo's logins where its data is loaded."""
    url = base_url(settings)
    console.print("\nSubscription portal gateway\n", style="bold")
    places = Table(show_header=False, **PLAIN)
    places.add_row("API", f"{url}/graphql")
    places.add_row("GraphiQL", f"{url}/graphiql" if page else "not built: run `make page`, which says what it needs")
    places.add_row("Health", f"{url}/healthz, {url}/readyz")
    console.print(places)
    if demo is DemoState.PRESENT:
        _say_logins(console, settings)
    elif demo is DemoState.OTHER_PASSWORD:
        console.print("The demo was loaded with another DEMO_PASSWORD: set that one, or remove DATA_DIR to begin anew.")
    console.print("\nReady. Stop with Ctrl-C.", markup=False)


def _say_logins(console: Console, settings: Settings) -> None:
    """Print whom to sign in as, and the line to paste."""
    logins = Table("Demo login", "Role", **PLAIN)
    for email, role in DEMO_LOGINS.items():
        logins.add_row(email, role)
    console.print()
    console.print(logins)
    console.print(f"\nPassword of each: {settings.demo_password.get_secret_value()}", markup=False, highlight=False)
    if settings.stripe_secret_key is not None and not settings.stripe_api_base.startswith("https:"):
        console.print(PAYMENTS.format(settings.stripe_api_base), markup=False, highlight=False)
    console.print("\nThe nested dashboard, as a line to paste:", markup=False)
    console.print(dashboard_command(settings), markup=False, highlight=False, soft_wrap=True)
