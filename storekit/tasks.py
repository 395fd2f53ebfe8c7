"""Periodic tasks of the project itself."""

from django.utils import timezone

from storekit import retention


def forget_old_rows() -> str:
    """Delete the rows that are older than they are kept, at night."""
    if not retention.is_night(timezone.now()):
        return "by day: nothing deleted"
    deleted = retention.forget_old()
    return ", ".join(f"{what}: {count}" for what, count in deleted.items()) or "nothing to delete"
