"""Every setting of the gateway, read once from the environment; a bad one stops the start with a sentence."""

from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.autopayment import Bounds, Caps


class SettingsError(Exception):
    """One or more settings are not usable; the message names each and says what it must be."""


def _origin(value: str) -> str:
    """An origin as a browser sends it: scheme, host, port where unusual, and nothing else."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or value != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("each origin is written like https://portal.example.com, without a path")
    return value.lower()


def _network(value: Any) -> IPv4Network | IPv6Network:
    """A network, or a single address as the smallest of them."""
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("each is an address or a network, like 10.0.0.0/8") from None


def _sender(value: str) -> str:
    """An address that letters can come from, with or without a name."""
    if "@" not in parseaddr(value)[1] or not value.isprintable():
        raise ValueError("it is an address, or a name and one: Portal <portal@example.com>")
    return value


def _email(value: str) -> str:
    """An address alone, without a name."""
    if parseaddr(value)[1] != value or "@" not in value or not value.isprintable():
        raise ValueError("it is an address: sales@example.com")
    return value


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is a possible one, or none is named."""
    try:
        return parts.port != 0
    except ValueError:
        return False


Origin = Annotated[str, AfterValidator(_origin)]
Sender = Annotated[str, AfterValidator(_sender)]
Email = Annotated[str, AfterValidator(_email)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class Settings(BaseSettings):
    """What may differ from one installation to the next. Each field is an environment variable of the same name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    data_dir: Path = Field(
        Path(".data"), description="The folder of the embedded database and its secret; each clone has its own."
    )
    database_url: SecretStr | None = Field(
        None,
        description="A PostgreSQL 18 of your own, `postgresql://user:password@host/name`; without it an embedded one"
        " is started.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Signs links, seals cursors, encrypts secrets at rest: 32 characters or more. An embedded run makes"
        " its own in `DATA_DIR/secret`; with DATABASE_URL it has no default.",
    )
    secret_key_previous: SecretStr | None = Field(
        None,
        description="The SECRET_KEY before a change: what was made under it is read until `gateway rotate-keys` has"
        " renewed it.",
    )
    demo: Literal["small", "large", "off"] = Field(
        "small", description="What an empty embedded database is filled with; `large` is 200,000 servers."
    )
    demo_password: SecretStr = Field(
        SecretStr("demo-portal-2026"), min_length=8, description="The password of the demo logins."
    )
    cors_origins: Annotated[tuple[Origin, ...], NoDecode] = Field(
        (), description="Other origins whose pages may call the API with credentials, separated by commas."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Networks of proxies whose X-Forwarded-For and -Proto are believed, separated by commas.",
    )
    public_url: Origin | None = Field(
        None,
        description="Where people reach this gateway, like `https://portal.example.com`: links in mails begin with it."
        " Without it they lead to HOST and PORT.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="The mail server: `smtp://user:password@host:587` (STARTTLS is demanded), `smtps://…:465` (TLS from"
        " the start), or `smtp+plain://localhost:25` for a relay on this machine. Without it mails become files in"
        " `DATA_DIR/mail`.",
    )
    mail_from: Sender = Field(
        "Subscription portal <portal@localhost>",
        description="Who mails come from, `Portal <portal@example.com>`; with SMTP_URL it must be set.",
    )
    sales_email: Email | None = Field(
        None,
        description="Where requests to Sales are mailed to. Without it they are kept for `gateway sales` alone.",
    )
    stripe_secret_key: SecretStr | None = Field(
        None,
        description="The secret key of the Stripe account that cards are charged through. Without it payments answer"
        " PAYMENT_PROVIDER_UNAVAILABLE, except beside the embedded demo, which has a stand-in for Stripe.",
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None,
        description="What Stripe signs its messages to `/webhooks/payments` with (`whsec_…`). Without it none is taken,"
        " and Stripe is asked how payments stand.",
    )
    stripe_api_base: Origin = Field(
        "https://api.stripe.com", description="Where Stripe's API is reached; another one than Stripe's for tests."
    )
    stripe_seconds: float = Field(
        10, gt=0, le=60, description="The payment provider is waited for this long, in seconds."
    )
    top_up_least_minor: int = Field(
        100,
        ge=50,
        description="The least that one top-up may be, in the smallest unit of the account's currency: 100 is 1.00.",
    )
    top_up_most_minor: int = Field(
        1_000_000,
        ge=50,
        le=10**12,
        description="The most that one top-up may be, in the same unit: 1000000 is 10,000.00.",
    )
    autopayment_most_minor: int = Field(
        1_000_000,
        ge=1,
        le=10**12,
        description="The greatest threshold and target balance of autopayment, in the smallest unit of the account's"
        " currency: 1000000 is 10,000.00.",
    )
    autopayment_daily_minor: int = Field(
        2_500_000,
        ge=0,
        le=10**12,
        description="The most that autopayment charges an account within 24 hours, in the smallest unit of its"
        " currency; what is due beyond waits.",
    )
    autopayment_daily_charges: int = Field(
        10, ge=0, description="How often autopayment charges an account within 24 hours at most, declines counted."
    )
    seller_name: str = Field(
        "Subscription portal", min_length=1, description="Who issues invoices and receipts, by their full name."
    )
    seller_address: str | None = Field(
        None, description="The seller's address as documents print it, its lines separated by semicolons."
    )
    seller_vat_number: str | None = Field(None, description="The seller's VAT number as documents print it.")
    seller_email: Email | None = Field(None, description="Where customers may ask about invoices; documents print it.")
    run_worker: bool = Field(
        True, description="Whether `gateway serve` does jobs too; without it, run `gateway worker` beside it."
    )
    job_takeover_seconds: float = Field(
        30, ge=1, description="A job is taken from a worker that has said nothing for so many seconds."
    )
    session_hours: int = Field(12, ge=1, description="A session ends so many hours after signing in.")
    session_idle_hours: int = Field(12, ge=1, description="A session ends after so many hours without a request.")
    agent_calls_per_key: int = Field(
        3_000, ge=1, description="The most registrations and checks of them with one activation key, a minute."
    )
    agent_calls_per_address: int = Field(
        6_000,
        ge=1,
        description="The most calls of servers' agents from one address, a minute; each process counts its own.",
    )
    max_body_bytes: int = Field(262_144, ge=1_024, description="The longest request body, in bytes.")
    max_tokens: int = Field(5_000, ge=1, description="The most tokens in a document.")
    max_depth: int = Field(15, ge=1, description="The deepest nesting of selections.")
    max_aliases: int = Field(30, ge=0, description="The most aliases in an operation, fragments counted where spread.")
    max_root_fields: int = Field(20, ge=1, description="The most root fields in an operation.")
    max_directives: int = Field(50, ge=0, description="The most directives in an operation.")
    max_mutations: int = Field(10, ge=1, description="The most mutations in a request.")
    max_cost: int = Field(
        100_000, ge=1, description="The most that an operation may cost, and the most rows that a query may read."
    )
    introspection: bool = Field(
        True,
        description="Whether callers may read the schema as far as their role sees it; `off` closes `__schema` and"
        " `/schema.graphql`.",
    )
    request_seconds: float = Field(30, gt=0, description="An operation is stopped after so many seconds.")
    status_profile: Literal["default", "2026-08"] = Field(
        "default",
        description="HTTP status codes: as GraphQL over HTTP has them now, or as its draft of August 2026 (422, 294).",
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="How logs are written; `auto` is `console` on a terminal and `json` elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Lists are written with commas."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("secret_key", "secret_key_previous")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        """A short one could be guessed from a single cursor."""
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("it must have 32 characters or more")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse other databases here, with a sentence, rather than in a driver."""
        if value is not None and urlsplit(value.get_secret_value()).scheme not in {"postgresql", "postgres"}:
            raise ValueError("it must begin with postgresql://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what is no mail server at the start, rather than when a letter waits."""
        parts = urlsplit(value.get_secret_value() if value else "smtp://host")
        if parts.scheme not in {"smtp", "smtps", "smtp+plain"} or not parts.hostname or not _has_port(parts):
            raise ValueError("it is written like smtp://user:password@mail.example.com:587")
        return value

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> "Settings":
        """No mail server takes letters from the default for long."""
        if self.smtp_url is not None and "mail_from" not in self.model_fields_set:
            raise ValueError("MAIL_FROM: with SMTP_URL it must be set")
        return self

    @model_validator(mode="after")
    def _provider_is_named_whole(self) -> "Settings":
        """Messages that nobody sends need no secret, and a secret key goes over TLS or stays on this machine."""
        if self.stripe_webhook_secret is not None and self.stripe_secret_key is None:
            raise ValueError("STRIPE_SECRET_KEY: with STRIPE_WEBHOOK_SECRET it must be set")
        parts = urlsplit(self.stripe_api_base)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError("STRIPE_API_BASE: it must begin with https://, unless it is on this machine")
        return self

    @model_validator(mode="after")
    def _previous_secret_has_a_successor(self) -> "Settings":
        """Without a new one nothing has changed, and with the same one nothing would be renewed."""
        if self.secret_key_previous is not None and self.secret_key in {None, self.secret_key_previous}:
            raise ValueError("SECRET_KEY: with SECRET_KEY_PREVIOUS it must be set, to another value")
        return self

    @model_validator(mode="after")
    def _no_secret_for_a_real_database(self) -> "Settings":
        """A real database may be shared and outlive us: a key made up here would not be the one of the others."""
        if self.database_url is not None and self.secret_key is None:
            raise ValueError(
                "SECRET_KEY: with DATABASE_URL it must be set, to 32 characters or more, the same on each start"
            )
        return self

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one, which we start and stop."""
        return self.database_url is None

    @property
    def site(self) -> str:
        """The origin that links lead to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def top_ups(self) -> Bounds:
        """The bounds of a top-up."""
        return Bounds(self.top_up_least_minor, self.top_up_most_minor)

    @property
    def autopayment(self) -> Caps:
        """The bounds of autopayment."""
        return Caps(self.autopayment_most_minor, self.autopayment_daily_minor, self.autopayment_daily_charges)

    @property
    def dsn(self) -> str:
        """The database's address, once it is known."""
        if self.database_url is None:
            raise SettingsError("DATABASE_URL: the embedded database has not been started")
        return self.database_url.get_secret_value()

    @property
    def secret(self) -> bytes:
        """The bytes that every key of this installation is derived from."""
        if self.secret_key is None:
            raise SettingsError("SECRET_KEY: the embedded run's secret has not been read")
        return self.secret_key.get_secret_value().encode()

    @property
    def previous_secret(self) -> bytes | None:
        """The bytes before a change of the secret, where one is under way."""
        return None if self.secret_key_previous is None else self.secret_key_previous.get_secret_value().encode()


def load_settings() -> Settings:
    """The settings of this environment, or a SettingsError with a sentence for each that is bad."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error))) from None


def _sentences(error: ValidationError) -> list[str]:
    """One sentence per bad setting: its name and what it must be, never its value."""
    sentences = []
    for fault in error.errors(include_url=False, include_input=False):
        message = fault["msg"].removeprefix("Value error, ")
        name = str(fault["loc"][0]).upper() if fault["loc"] else ""
        sentences.append(f"{name}: {message[0].lower()}{message[1:]}." if name else f"{message}.")
    return list(dict.fromkeys(sentences))
