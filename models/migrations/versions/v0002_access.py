"""Logins, invitations, sessions and machine credentials."""

from models.migrations.steps import drop_tables, run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE logins (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        state TEXT DEFAULT 'ACTIVE' NOT NULL,
        password_hash TEXT,
        password_changed_at TIMESTAMP WITH TIME ZONE,
        totp_secret BYTEA,
        totp_confirmed_at TIMESTAMP WITH TIME ZONE,
        totp_last_step BIGINT,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        last_sign_in_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_logins PRIMARY KEY (id),
        CONSTRAINT uq_logins_account_id_id UNIQUE (account_id, id),
        CONSTRAINT ck_logins_role CHECK (role IN ('MASTER', 'FULL_ACCESS', 'BILLING',
            'SERVER_AND_LICENSE_MANAGEMENT', 'SERVER_MANAGEMENT', 'READ_ONLY_BILLING',
            'READ_ONLY_SERVER_MANAGEMENT')),
        CONSTRAINT ck_logins_state CHECK (state IN ('ACTIVE', 'DISABLED')),
        CONSTRAINT ck_logins_email CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
        CONSTRAINT ck_logins_totp_confirmed_at CHECK (totp_confirmed_at IS NULL OR totp_secret IS NOT NULL),
        CONSTRAINT fk_logins_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_logins_email ON logins (lower(email))
    """,
    """
    CREATE UNIQUE INDEX uq_logins_master ON logins (account_id) WHERE role = 'MASTER'
    """,
    """
    CREATE TABLE recovery_codes (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        login_id UUID NOT NULL,
        code_hash BYTEA NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_recovery_codes PRIMARY KEY (id),
        CONSTRAINT uq_recovery_codes_account_id_login_id_code_hash UNIQUE (account_id, login_id, code_hash),
        CONSTRAINT fk_recovery_codes_account_id_login_id
            FOREIGN KEY(account_id, login_id) REFERENCES logins (account_id, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE invitations (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        token_hash BYTEA,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        state TEXT DEFAULT 'INVITED' NOT NULL,
        CONSTRAINT pk_invitations PRIMARY KEY (id),
        CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash),
        CONSTRAINT ck_invitations_role CHECK (role IN ('FULL_ACCESS', 'BILLING', 'SERVER_AND_LICENSE_MANAGEMENT',
            'SERVER_MANAGEMENT', 'READ_ONLY_BILLING', 'READ_ONLY_SERVER_MANAGEMENT')),
        CONSTRAINT ck_invitations_state CHECK (state IN ('INVITED', 'DISABLED')),
        CONSTRAINT ck_invitations_email CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
        CONSTRAINT fk_invitations_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_invitations_email ON invitations (account_id, lower(email))
    """,
    """
    CREATE TABLE sessions (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        login_id UUID NOT NULL,
        token_hash BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ip INET,
        user_agent TEXT,
        CONSTRAINT pk_sessions PRIMARY KEY (id),
        CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
        CONSTRAINT fk_sessions_account_id_login_id
            FOREIGN KEY(account_id, login_id) REFERENCES logins (account_id, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_sessions_account_id_login_id_created_at ON sessions (account_id, login_id, created_at)
    """,
    """
    CREATE INDEX ix_sessions_expires_at ON sessions (expires_at)
    """,
    """
    CREATE TABLE api_keys (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        name TEXT NOT NULL,
        prefix TEXT NOT NULL,
        secret_hash BYTEA NOT NULL,
        role TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        last_used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_api_keys PRIMARY KEY (id),
        CONSTRAINT uq_api_keys_secret_hash UNIQUE (secret_hash),
        CONSTRAINT ck_api_keys_role CHECK (role IN ('FULL_ACCESS', 'BILLING', 'SERVER_AND_LICENSE_MANAGEMENT',
            'SERVER_MANAGEMENT', 'READ_ONLY_BILLING', 'READ_ONLY_SERVER_MANAGEMENT')),
        CONSTRAINT fk_api_keys_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE INDEX ix_api_keys_account_id_created_at ON api_keys (account_id, created_at)
    """,
    """
    CREATE TABLE api_secret_keys (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        prefix TEXT NOT NULL,
        secret_hash BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        last_used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_api_secret_keys PRIMARY KEY (id),
        CONSTRAINT uq_api_secret_keys_secret_hash UNIQUE (secret_hash),
        CONSTRAINT fk_api_secret_keys_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE INDEX ix_api_secret_keys_account_id_created_at ON api_secret_keys (account_id, created_at)
    """,
    """
    CREATE UNIQUE INDEX uq_api_secret_keys_current ON api_secret_keys (account_id) WHERE expires_at IS NULL
    """,
)


def upgrade() -> None:
    """Make the tables."""
    run(*UP)


def downgrade() -> None:
    """Drop them again."""
    drop_tables("api_secret_keys", "api_keys", "sessions", "invitations", "recovery_codes", "logins")
