"""Advice on orders that were refused for a reason which sending them again, unchanged, does not remove."""

from integrations.pos import RefusalCause
from orders.injection.retry_policy import TIME_TO_ACT
from orders.models import Injection
from orders.till_ready import failed_as_not_ready, is_sent_when_ready

_MINUTES = int(TIME_TO_ACT.total_seconds() // 60)
_BY_CAUSE: dict[str, str] = {
    RefusalCause.CHECK_GONE: "Enter it by hand on a new check, and mark it as entered by hand in the back office.",
    RefusalCause.RESTRICTED: (
        "Speak to the guest. Then cancel it, or enter what you have and mark it as entered by hand."
    ),
    RefusalCause.NOT_ENABLED: (
        "Enter it by hand and mark it as entered by hand. Sending it again does not help until the API is enabled."
    ),
    RefusalCause.OVERPAID: (
        "Enter it by hand and mark it as entered by hand. Sending it again does not help: the price stays the same."
    ),
    RefusalCause.STALE_MENU: (
        "Once the iPads are reloaded, send it again from the back office. Or enter it by hand and mark it as entered "
        "by hand."
    ),
}
_SENT_WHEN_READY = (
    "storekit sends it again as soon as the till takes online orders. Enter it by hand only if it is still missing "
    f"{_MINUTES} minutes before its time."
)
_SEND_WHEN_READY = (
    "Then send it again from the back office, or enter it by hand and mark it as entered by hand. Do only one of them."
)


def advice_for(*, injection: Injection) -> str:
    """Return a sentence for venue staff; empty if the order can be corrected and sent again."""
    if is_sent_when_ready(injection=injection):
        return _SENT_WHEN_READY
    if failed_as_not_ready(injection=injection):
        return _SEND_WHEN_READY
    return _BY_CAUSE.get(injection.error_code, "")
