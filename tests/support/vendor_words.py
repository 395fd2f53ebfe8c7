"""What Lightspeed K-Series really says: bodies and reasons as data, each with its source.

`DOCS` is the vendor's API documentation, https://api-docs.lsk.lightspeed.app/. `LOGS` are bodies in integrators' logs.
"""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
DOCS, LOGS = "DOCS", "LOGS"


@dataclass(frozen=True)
class Reason:
    """Why the till fails an order, and what has to follow for an order of a burger (BURGER) with bacon (BACON).

    `words` is the reason. `code` is the cause as stored, `told` what the sentence for staff has to contain, `advice`
    what the e-mail has to advise, `snoozed` the SKUs that go off the menu, and `sent_again` whether storekit sends a
    new revision without being asked.
    """

    words: str
    source: str
    code: str
    told: str = ""
    advice: str = "Enter it by hand"
    snoozed: tuple[str, ...] = ()
    sent_again: bool = False


_READY = "Then send it again from the back office"
REASONS = (
    Reason(
        "Could not add item Burger (check sales restrictions)",
        LOGS,
        "restricted",
        "sold out at the till",
        "Speak to the guest",
        snoozed=("BURGER",),
    ),
    Reason(
        "Could not add item Bacon (check sales restrictions)",
        LOGS,
        "restricted",
        "sold out at the till",
        "Speak to the guest",
        snoozed=("BACON",),
    ),
    Reason("Could not add item BURGER (not found)", LOGS, "unknown_item", "Sync the menu"),
    Reason(
        "Could not add item 45454565682301 (not found)",
        LOGS,
        "disconnected_item",
        "is on a menu of the till: Burger (BURGER), Bacon (BACON).",
    ),
    Reason(
        "No such item id: 45454565682301, sku: BURGER, blId: 45454565682155",
        LOGS,
        "stale_menu",
        "Reload the iPads",
        "Once the iPads are reloaded, send it again",
        sent_again=True,
    ),
    Reason(
        "The specified business location doesn't accept online orders at the moment.",
        LOGS,
        "not_accepting",
        "open the Control center",
        _READY,
    ),
    Reason(
        "No devices available to handle the task, the task has been rejected.",
        LOGS,
        "no_devices",
        "Wake an iPad",
        _READY,
    ),
    Reason("Not processed before validity ended", LOGS, "not_picked_up", "an iPad is awake", _READY),
    Reason(
        "the payment amount is greater than the amount due",
        LOGS,
        "overpaid",
        "the till's prices are lower",
        "Sending it again does not help",
    ),
    Reason(
        "A consumer already exists for this email address with a different external reference.",
        DOCS,
        "customer_conflict",
        "for a different customer",
        sent_again=True,
    ),
    Reason("The kitchen printer is on fire", "made up: a reason that nobody has seen", "refused_by_till", "The till"),
)


@dataclass(frozen=True)
class Body:
    """A body that Lightspeed answers or sends, and its source. `status` is the HTTP status of an answer."""

    body: Any
    source: str
    status: int = 200


SPRING = {
    "timestamp": "2026-10-01T10:00:00.000+0000",
    "status": 400,
    "error": "Bad Request",
    "message": "Validation failed for object='apeToGoOrder'. Error count: 1",
    "path": "/o/op/1/order/toGo",
    "errors": [
        {
            "field": "items[0].sku",
            "defaultMessage": "must not be blank",
            "code": "NotBlank",
            "codes": ["NotBlank.items.sku"],
            "objectName": "apeToGoOrder",
            "bindingFailure": False,
        }
    ],
}
ACCEPTED = Body({"status": "ok"}, DOCS)
NOT_ENABLED = Body({"status": "received"}, LOGS)
ORDER_REFUSED = Body(SPRING, DOCS, 400)
MENU_REFUSED = Body(
    {
        "status": "BAD_REQUEST",
        "timestamp": "2026-10-01",
        "message": "Cannot load",
        "apiSubExceptions": [{"field": "accountProfile", "rejectedValue": "lunch", "message": "unknown profile"}],
    },
    DOCS,
    400,
)
USED_BY_ORDER = Body({"status": "fail", "msg": "reference has already been used for another order"}, LOGS, 409)
USED_BY_PAYMENT = Body({"status": 400, "message": "Reference has already been used for another payment"}, LOGS, 400)
TITLED = Body({"errors": [{"code": "unauthorized", "title": "Unauthorized"}]}, LOGS, 401)
JAVA = Body({"exception": "org.springframework.web.client.HttpClientErrorException: 500 Server Error"}, LOGS, 500)
EMPTY = Body(None, LOGS, 502)
CHECK_GONE = Body({"status": 404, "message": "account not found for BL 123"}, LOGS, 404)
CHECK_MALFORMED = Body({"status": 400, "message": "Invalid account identifier"}, LOGS, 400)
ENDPOINT_UNKNOWN = Body({"status": 404, "message": "endpoint ID not found for X"}, LOGS, 404)


def bare_failure(*, reference: str, reason: str) -> Json:
    """Return a failure with nothing but its status, reason and reference. Source: integrators' logs."""
    return {"status": "FAILURE", "reason": reason, "thirdPartyReference": reference}


def order_notification(status: str, *, reference: str, location: int | str, account: str = "A78094.48") -> Json:
    """Return a notification about an order with everything that the vendor's API documentation lists."""
    return {
        "type": "ORDER",
        "status": status,
        "thirdPartyReference": reference,
        "businessLocationId": int(location),
        "ikentooAccountIdentifier": account,
        "ikentooAccountId": "78094",
    }
