"""Issue, find and revoke API keys."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.utils import timezone

from storekit.models import ApiKey, Venue

_KEY_START = "sk"
_LAST_USE_UPDATED_EVERY = timedelta(minutes=5)


def issue_api_key(*, venue: Venue, name: str) -> tuple[ApiKey, str]:
    """Create an API key for a venue; return its row and the key itself, which cannot be read again later."""
    prefix = secrets.token_hex(5)
    key = f"{_KEY_START}_{prefix}_{secrets.token_urlsafe(32)}"
    return ApiKey.objects.create(venue=venue, name=name, prefix=prefix, digest=_digest(key)), key


def find_api_key(*, key: str) -> ApiKey | None:
    """Return the row of a key that is valid now, its venue loaded; None for any other text."""
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != _KEY_START:
        return None
    row = ApiKey.objects.select_related("venue").filter(prefix=parts[1], revoked_at=None).first()
    if row is None or not hmac.compare_digest(row.digest, _digest(key)):
        return None
    _record_use(row)
    return row


def revoke_api_key(*, api_key: ApiKey) -> None:
    """Revoke a key at once. A key that is already revoked keeps its date."""
    ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(revoked_at=timezone.now())


def _digest(key: str) -> str:
    # The key carries 256 bits of randomness, so a fast hash is as safe as a slow one.
    return hashlib.sha256(key.encode()).hexdigest()


def _record_use(row: ApiKey) -> None:
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > _LAST_USE_UPDATED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
