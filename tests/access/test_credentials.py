"""What an Authorization header or a cookie may hold, before the database is asked."""

import pytest

from auth.actors import CredentialKind
from auth.credentials import read_authorization, read_cookie
from auth.tokens import new_token
from models.errors import Unauthenticated

OLDER = "user@example.com|1388507821|" + "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("kind", CredentialKind)
@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "  BEARER   {}  "])
def test_a_bearer_token_of_each_kind_is_read(kind: CredentialKind, form: str) -> None:
    token = new_token(kind)
    assert read_authorization(form.format(token.text)) == token


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "Token {}", "{}", "Bearer {} {}"]
)
def test_anything_else_is_refused_with_what_to_send(header: str) -> None:
    text = new_token(CredentialKind.SESSION).text
    with pytest.raises(Unauthenticated, match="Bearer") as refused:
        read_authorization(header.format(text, text))
    assert text not in refused.value.message


@pytest.mark.parametrize("header", [OLDER, f"Bearer {OLDER}", f"Token {OLDER}"])
def test_the_older_portals_token_is_told_what_to_use_instead(header: str) -> None:
    with pytest.raises(Unauthenticated, match="older portal") as refused:
        read_authorization(header)
    assert "API key" in refused.value.message
    assert OLDER not in refused.value.message


def test_a_cookie_holds_a_session_and_nothing_else() -> None:
    session = new_token(CredentialKind.SESSION)
    assert read_cookie(session.text) == session
    for text in (new_token(CredentialKind.API_KEY).text, new_token(CredentialKind.API_SECRET_KEY).text, "", "junk"):
        assert read_cookie(text) is None
