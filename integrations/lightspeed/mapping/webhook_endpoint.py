"""Compare a webhook endpoint at Lightspeed with the one storekit needs. No HTTP, no database.

Lightspeed resets flags that an update leaves out to their defaults, and an endpoint without its location gets no
notifications of items and readiness. Source: Lightspeed's K-Series API documentation
(https://api-docs.lsk.lightspeed.app/).
"""

from integrations.lightspeed.mapping.json_fields import Json, identifier, objects, text

_FLAGS = ("withBasicAuth", "username", "provideAccount", "expandTransactions", "expandPayments")


def endpoint_problems(*, registered: Json, wanted: Json, locations: list[Json], location: str) -> tuple[str, ...]:
    """Return a sentence for each difference between the registered endpoint and the wanted one.

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
    if location not in {identifier(one, "id", where) for one in locations}:
        found.append("It does not include this location.")
    return tuple(found)


def _subscriptions(endpoint: Json) -> set[str]:
    where = "webhook, subscribeTo"
    return {
        f"{text(one, 'resource', where)}/{text(one, 'name', where)}" for one in objects(endpoint, "subscribeTo", where)
    }
