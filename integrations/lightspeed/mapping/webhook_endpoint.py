"""Compare a webhook endpoint at Lightspeed with the one storekit needs. No HTTP, no database.

Lightspeed resets flags that an update leaves out to their defaults, and an endpoint without its location gets no
notifications of items and readiness. Source: Lightspeed's K-Series API documentation
(https://api-docs.lsk.lightspeed.app/).
"""

from integrations.lightspeed.mapping.json_fields import Json, identifier, objects, text
from integrations.lightspeed.mapping.pos_warnings import warnings_in
from integrations.pos import WebhookState

_FLAGS = ("withBasicAuth", "username", "provideAccount", "expandTransactions", "expandPayments")


def to_webhook_state(*, registered: Json, wanted: Json, locations: list[Json], location: str) -> WebhookState:
    """Return each difference between the registered endpoint and the wanted one, and the warnings of our location.

    Raises:
        BadAnswer: the registered endpoint is not as documented.
    """
    found = []
    where = "webhook"
    if text(registered, "url", where) != wanted["url"]:
        found.append("It sends to a different address.")
    if flags := [name for name in _FLAGS if registered.get(name) != wanted[name]]:
        found.append(f"Its settings differ: {', '.join(flags)}.")
    if missing := _subscriptions(wanted) - _subscriptions(registered):
        found.append(f"It does not subscribe to {', '.join(sorted(missing))}.")
    ours = [one for one in locations if _location_id(one, where) == location]
    if not ours:
        found.append("It does not include this location.")
    return WebhookState(tuple(found), tuple(warning for one in ours for warning in warnings_in(one)))


def _location_id(entry: Json, where: str) -> str:
    """Return the location's id, by the name of the documentation or by that of the list of businesses."""
    return identifier(entry, "businessLocationId", where) or identifier(entry, "id", where)


def _subscriptions(endpoint: Json) -> set[str]:
    where = "webhook, subscribeTo"
    return {
        f"{text(one, 'resource', where)}/{text(one, 'name', where)}" for one in objects(endpoint, "subscribeTo", where)
    }
