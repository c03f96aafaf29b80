"""Settings: what is refused, in which words, and that no value of a secret is among them."""

import socket
from pathlib import Path

import pytest

from gateway.secret import embedded_secret
from gateway.settings import Settings, SettingsError, load_settings
from tests.outside.processes import run_gateway

GOOD_SECRET = "thirty-two characters or more of it"
DATABASE = "postgresql://portal:hidden-word@localhost/portal"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "abc", "PORT: input should be a valid integer"),
        ("PORT", "0", "PORT: input should be greater than or equal to 1."),
        ("PORT", "65536", "PORT: input should be less than or equal to 65535."),
        ("DEMO", "huge", "DEMO: input should be 'small', 'large' or 'off'."),
        ("SECRET_KEY", "hidden-word", "SECRET_KEY: it must have 32 characters or more."),
        (
            "DATABASE_URL",
            "mysql://portal:hidden-word@localhost/portal",
            "DATABASE_URL: it must begin with postgresql://.",
        ),
        ("DEMO_PASSWORD", "hidden", "DEMO_PASSWORD: "),
        ("CORS_ORIGINS", "https://a.example, https://b.example/", "CORS_ORIGINS: each origin is written like"),
        ("CORS_ORIGINS", "*", "CORS_ORIGINS: each origin is written like"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,nowhere", "TRUSTED_PROXIES: each is an address or a network"),
        ("PUBLIC_URL", "https://portal.example.com/", "PUBLIC_URL: each origin is written like"),
        ("SMTP_URL", "https://hidden-word@mail.example.com", "SMTP_URL: it is written like smtp://"),
        ("SMTP_URL", "smtp://user:hidden-word@", "SMTP_URL: it is written like smtp://"),
        ("STRIPE_API_BASE", "http://stripe.example.com", "STRIPE_API_BASE: it must begin with https://"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_hidden-word", "STRIPE_SECRET_KEY: with STRIPE_WEBHOOK_SECRET it must be set"),
        ("STRIPE_SECONDS", "0", "STRIPE_SECONDS: input should be greater than 0"),
        ("SMTP_URL", "smtp://mail.example.com:99999", "SMTP_URL: it is written like smtp://"),
        ("MAIL_FROM", "Portal", "MAIL_FROM: it is an address, or a name and one"),
        ("SALES_EMAIL", "Sales <sales@example.com>", "SALES_EMAIL: it is an address"),
        ("JOB_TAKEOVER_SECONDS", "0", "JOB_TAKEOVER_SECONDS: input should be greater than or equal to 1."),
        ("MAX_BODY_BYTES", "10", "MAX_BODY_BYTES: input should be greater than or equal to 1024."),
        ("SESSION_HOURS", "0", "SESSION_HOURS: input should be greater than or equal to 1."),
        ("STATUS_PROFILE", "2027", "STATUS_PROFILE: input should be"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: input should be"),
    ],
)
def test_a_bad_value_is_a_sentence_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    lines = str(refusal.value).splitlines()
    assert any(line.startswith(sentence) for line in lines), lines
    assert "hidden" not in str(refusal.value)


def test_every_bad_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "abc")
    monkeypatch.setenv("DEMO", "huge")
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    assert {line.partition(":")[0] for line in str(refusal.value).splitlines()} == {"PORT", "DEMO"}


def test_a_named_database_needs_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    with pytest.raises(SettingsError, match=r"^SECRET_KEY: with DATABASE_URL it must be set"):
        load_settings()
    monkeypatch.setenv("SECRET_KEY", GOOD_SECRET)
    assert load_settings().secret == GOOD_SECRET.encode()


def test_a_mail_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://portal:hidden-word@mail.example.com:587")
    with pytest.raises(SettingsError, match=r"^MAIL_FROM: with SMTP_URL it must be set"):
        load_settings()
    monkeypatch.setenv("MAIL_FROM", "Portal <portal@example.com>")
    assert "hidden-word" not in repr(load_settings())


def test_links_lead_to_the_public_url_and_else_to_where_we_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert load_settings().site == "http://127.0.0.1:8123"
    monkeypatch.setenv("HOST", "::1")
    assert load_settings().site == "http://[::1]:8123"
    monkeypatch.setenv("PUBLIC_URL", "https://Portal.example.com")
    assert load_settings().site == "https://portal.example.com"


def test_lists_are_written_with_commas_and_empty_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://A.example, http://b.example:8080")
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::1")
    monkeypatch.setenv("PORT", "")
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example", "http://b.example:8080")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "2001:db8::1/128"]
    assert settings.port == 8000


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("SECRET_KEY", GOOD_SECRET)
    assert "hidden-word" not in repr(load_settings())
    assert GOOD_SECRET not in repr(load_settings())


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_embedded_secret_is_made_once_and_readable_by_us_alone(tmp_path: Path) -> None:
    first = embedded_secret(tmp_path)
    assert embedded_secret(tmp_path) == first
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "secret").read_bytes()) == 32


def test_two_data_directories_have_two_secrets(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    assert embedded_secret(tmp_path / "a") != embedded_secret(tmp_path / "b")


def test_a_damaged_secret_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(SettingsError, match="does not hold 32 bytes"):
        embedded_secret(tmp_path)
    assert (tmp_path / "secret").read_bytes() == b"short"


def test_a_start_with_a_bad_setting_says_so_and_starts_nothing(tmp_path: Path) -> None:
    refused = run_gateway("serve", PORT="abc", DATA_DIR=str(tmp_path / "data"))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr == "PORT: input should be a valid integer, unable to parse string as an integer.\n"
    assert not (tmp_path / "data").exists()


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run_gateway("serve", PORT=str(port), DATA_DIR=str(tmp_path / "data"))
    assert refused.returncode == 1
    assert refused.stderr == f"HOST, PORT: 127.0.0.1:{port} cannot be used (Address already in use).\n"
    assert not (tmp_path / "data").exists()


def test_a_database_that_does_not_answer_is_said_without_its_password() -> None:
    refused = run_gateway(
        "serve", DATABASE_URL="postgresql://portal:hidden-word@127.0.0.1:1/portal", SECRET_KEY=GOOD_SECRET
    )
    assert refused.returncode == 1
    assert refused.stderr == "DATABASE_URL: this database cannot be used (ConnectionRefusedError).\n"
