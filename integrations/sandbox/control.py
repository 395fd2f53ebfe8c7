"""The control API: what tests and demonstrations steer the sandbox with. It asks for no authorisation."""

from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api import oauth
from integrations.sandbox.api.errors import Refusal, not_found
from integrations.sandbox.api.web import read_json
from integrations.sandbox.faults.switches import Faults
from integrations.sandbox.records import Order, PaymentOrder
from integrations.sandbox.state import store
from integrations.sandbox.till import snapshots
from integrations.sandbox.till.catalogue import Catalogue
from integrations.sandbox.webhooks_out import delivery

Json = dict[str, Any]


def health(request: HttpRequest) -> Json:
    """Say that the process is up."""
    return {"status": "ok"}


def reset(request: HttpRequest) -> Json:
    """Bring everything back to the start."""
    delivery.forget()
    store.reset()
    return {"status": "ok"}


def state(request: HttpRequest) -> Json:
    """Show everything that happened."""
    return {
        "orders": [order.as_json() for order in store.orders.values()],
        "checks": [snapshots.account(check) for check in store.checks.values() if check.state != "closed"],
        "payments": [payment.as_json() for payment in store.payments.values()],
        "endpoints": [
            {**endpoint.as_json(), "businessLocations": sorted(endpoint.locations)}
            for endpoint in store.endpoints.values()
        ],
        "notifications": [notification.as_json() for notification in store.notifications],
        "messages": [message.as_json() for message in store.messages],
        "faults": store.faults.as_json(),
        "calls": dict(store.calls),
    }


def read_faults(request: HttpRequest) -> Json:
    """Show the faults that are on."""
    return store.faults.as_json()


def change_faults(request: HttpRequest) -> Json:
    """Switch some faults on or off."""
    changes = read_object(request)
    try:
        store.faults.merge(changes)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return store.faults.as_json()


def clear_faults(request: HttpRequest) -> Json:
    """Switch all faults off."""
    store.faults = Faults()
    return store.faults.as_json()


def revoke_tokens(request: HttpRequest) -> Json:
    """Kill every token."""
    oauth.revoke_all()
    return {"status": "ok"}


def expire_tokens(request: HttpRequest) -> Json:
    """Let every access token run out."""
    oauth.expire_access()
    return {"status": "ok"}


def set_token_lifetime(request: HttpRequest) -> Json:
    """Set how long the next access tokens live."""
    seconds = read_object(request).get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise Refusal(400, "seconds must be a number of 0 or more")
    store.token_lifetime = seconds
    return {"seconds": seconds}


def expire_tasks(request: HttpRequest) -> Json:
    """Let the validity of every order and payment that waits for the till end now."""
    tasks: list[Order | PaymentOrder] = [*store.orders.values(), *store.payments.values()]
    waiting = [task for task in tasks if task.status == "accepted"]
    for task in waiting:
        task.deadline = clock.now()
    return {"expired": len(waiting)}


def read_menu(request: HttpRequest, menu_id: int) -> Json:
    """Show a menu as it is stored."""
    return _catalogue_with(menu_id).menus[menu_id]


def replace_menu(request: HttpRequest, menu_id: int) -> Json:
    """Put another menu in a menu's place."""
    menu = read_json(request)
    if not isinstance(menu, dict) or not isinstance(menu.get("menuEntryGroups"), list):
        raise Refusal(400, "a menu is an object with a list of menuEntryGroups")
    _catalogue_with(menu_id).replace_menu(menu_id, {"menuName": f"Menu {menu_id}", **menu, "ikentooMenuId": menu_id})
    return {"status": "ok"}


def _catalogue_with(menu_id: int) -> Catalogue:
    for catalogue in store.catalogues.values():
        if menu_id in catalogue.menus:
            return catalogue
    raise not_found(f"There is no menu {menu_id}")


def read_object(request: HttpRequest) -> Json:
    """Read the body as a JSON object with plain numbers; no body is an empty one."""
    body = read_json(request, parse_float=float) if request.body else {}
    if not isinstance(body, dict):
        raise Refusal(400, "the body must be a JSON object")
    return body
