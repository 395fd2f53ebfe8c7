"""Whether a webhook endpoint is as we want it. Pure.

Flags that an update leaves out fall back to their defaults at Lightspeed, and without its location an endpoint hears
nothing of items and of readiness. Source: Lightspeed's K-Series API documentation
(https://api-docs.lsk.lightspeed.app/).
"""

from integrations.lightspeed.mapping.json_fields import Json, identifier, objects, text

_FLAGS = ("withBasicAuth", "username", "provideAccount", "expandTransactions", "expandPayments")


def endpoint_problems(*, held: Json, wanted: Json, locations: list[Json], location: str) -> tuple[str, ...]:
    """A sentence for each difference between the endpoint that Lightspeed has and the one that we want.

    Raises:
        BadAnswer: when what Lightspeed has is not as documented.
    """
    found = []
    where = "webhook"
    if text(held, "url", where) != wanted["url"]:
        found.append("It sends to another address.")
    if flags := [name for name in _FLAGS if held.get(name) != wanted[name]]:
        found.append(f"Its settings differ: {', '.join(flags)}.")
    if missing := _subscriptions(wanted) - _subscriptions(held):
        found.append(f"It does not subscribe to {', '.join(sorted(missing))}.")
    if location not in {identifier(one, "id", where) for one in locations}:
        found.append("It does not hear of this location.")
    return tuple(found)


def _subscriptions(endpoint: Json) -> set[str]:
    where = "webhook, subscribeTo"
    return {
        f"{text(one, 'resource', where)}/{text(one, 'name', where)}" for one in objects(endpoint, "subscribeTo", where)
    }
