"""The e-mails that a worker of a test has sent."""

from pathlib import Path

from orders.models import Alert
from tests.support.sandbox import eventually


def written(mails: Path) -> str:
    """Return the text of the only e-mail, without soft line breaks."""
    (mail,) = eventually(lambda: list(mails.glob("*.log")))
    eventually(lambda: Alert.objects.filter(channel="email", sent_at__isnull=False).exists())
    return str(mail.read_text()).replace("=\n", "")
