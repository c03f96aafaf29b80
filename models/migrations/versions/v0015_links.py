"""What the links in mails stand for, and registrations that wait for theirs to be used."""

from models.migrations.steps import drop_tables, run

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE login_links (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        login_id UUID NOT NULL,
        purpose TEXT NOT NULL,
        token_hash BYTEA,
        new_email TEXT,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_login_links PRIMARY KEY (id),
        CONSTRAINT uq_login_links_token_hash UNIQUE (token_hash),
        CONSTRAINT fk_login_links_account_id_login_id
            FOREIGN KEY(account_id, login_id) REFERENCES logins (account_id, id) ON DELETE CASCADE,
        CONSTRAINT ck_login_links_purpose CHECK (purpose IN ('SET_PASSWORD', 'CONFIRM_EMAIL')),
        CONSTRAINT ck_login_links_purpose_new_email
            CHECK ((purpose = 'CONFIRM_EMAIL') = (new_email IS NOT NULL)),
        CONSTRAINT ck_login_links_new_email CHECK (new_email ~ '^[^@[:space:]]+@[^@[:space:]]+$')
    )
    """,
    """
    CREATE INDEX ix_login_links_account_id_login_id ON login_links (account_id, login_id)
    """,
    """
    CREATE INDEX ix_login_links_expires_at ON login_links (expires_at)
    """,
    """
    CREATE TABLE sign_ups (
        id UUID DEFAULT uuidv7() NOT NULL,
        email TEXT NOT NULL,
        first_name TEXT NOT NULL,
        last_name TEXT NOT NULL,
        company TEXT NOT NULL,
        country TEXT NOT NULL,
        token_hash BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_sign_ups PRIMARY KEY (id),
        CONSTRAINT uq_sign_ups_token_hash UNIQUE (token_hash),
        CONSTRAINT ck_sign_ups_email CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$')
    )
    """,
    """
    CREATE INDEX ix_sign_ups_expires_at ON sign_ups (expires_at)
    """,
)


def upgrade() -> None:
    """Make the tables."""
    run(*UP)


def downgrade() -> None:
    """Drop them; links that were mailed are void then."""
    drop_tables("sign_ups", "login_links")
