"""Mail: the letters' words, and the two ways that they leave."""

from gateway.mail.files import FileMailer
from gateway.mail.smtp import SmtpMailer
from gateway.settings import Settings
from resolvers.ports import Mailer


def mailer_for(settings: Settings) -> Mailer:
    """By SMTP where a server is named, else into files below DATA_DIR."""
    if settings.smtp_url is None:
        return FileMailer(settings.data_dir / "mail", settings.mail_from)
    return SmtpMailer.at(settings.smtp_url, settings.mail_from)
