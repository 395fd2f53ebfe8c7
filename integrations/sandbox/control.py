"""The control API, used by tests and demos. It needs no authorisation."""

from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api import oauth
from integrations.sandbox.api.errors import Refusal, not_found
from integrations.sandbox.api.web import read_json
from integrations.sandbox.behaviour.faults import Faults
from integrations.sandbox.behaviour.habits import Habits
from integrations.sandbox.behaviour.switches import Switches
from integrations.sandbox.data.extras import extra_entries
from integrations.sandbox.outbox import delivery, notifications
from integrations.sandbox.records import Order, PaymentTask
from integrations.sandbox.state import store
from integrations.sandbox.till import snapshots
from integrations.sandbox.till.catalogue import Catalogue

Json = dict[str, Any]


def health(request: HttpRequest) -> Json:
    """Confirm that the process is up."""
    return {"status": "ok"}


def reset(request: HttpRequest) -> Json:
    """Return the sandbox to its initial state."""
    delivery.discard_held()
    store.reset()
    return {"status": "ok"}


def state(request: HttpRequest) -> Json:
    """Return the whole state: orders, checks, payments, notifications, call counts and so on."""
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
        "habits": store.habits.as_json(),
        "calls": dict(store.calls),
    }


def read_faults(request: HttpRequest) -> Json:
    """Return all faults with their current values."""
    return store.faults.as_json()


def change_faults(request: HttpRequest) -> Json:
    """Switch some faults on or off."""
    return _merged(store.faults, read_object(request))


def clear_faults(request: HttpRequest) -> Json:
    """Switch all faults off."""
    store.faults = Faults()
    return _applied(store.faults)


def read_habits(request: HttpRequest) -> Json:
    """Return all habits with their current values."""
    return store.habits.as_json()


def change_habits(request: HttpRequest) -> Json:
    """Set some habits."""
    return _merged(store.habits, read_object(request))


def clear_habits(request: HttpRequest) -> Json:
    """Set all habits to their defaults, those of the real POS."""
    store.habits = Habits()
    return _applied(store.habits)


def _merged(switches: Switches, changes: Json) -> Json:
    try:
        switches.merge(changes)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return _applied(switches)


def _applied(switches: Switches) -> Json:
    """Bring what depends on the switches up to date: extra menu entries, and the readiness that was notified."""
    for location, catalogue in store.catalogues.items():
        catalogue.show_extras(extra_entries(location, store.habits))
        notifications.readiness_changed(location)
    return switches.as_json()


def revoke_tokens(request: HttpRequest) -> Json:
    """Invalidate every token and code."""
    oauth.revoke_all()
    return {"status": "ok"}


def expire_tokens(request: HttpRequest) -> Json:
    """Expire every access token."""
    oauth.expire_access()
    return {"status": "ok"}


def set_token_lifetime(request: HttpRequest) -> Json:
    """Set the lifetime of future access tokens, in seconds."""
    store.token_lifetime = _seconds(request)
    return {"seconds": store.token_lifetime}


def _seconds(request: HttpRequest) -> float:
    seconds = read_object(request).get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise Refusal(400, "seconds must be a number of 0 or more")
    return seconds


def age_tokens(request: HttpRequest) -> Json:
    """Make all codes and tokens older by some seconds."""
    oauth.age_all(_seconds(request))
    return {"status": "ok"}


def expire_tasks(request: HttpRequest) -> Json:
    """Expire every order and payment that is still waiting for the till."""
    tasks: list[Order | PaymentTask] = [*store.orders.values(), *store.payments.values()]
    waiting = [task for task in tasks if task.status == "accepted"]
    for task in waiting:
        task.deadline = clock.now()
    return {"expired": len(waiting)}


def read_menu(request: HttpRequest, menu_id: int) -> Json:
    """Return a menu as stored."""
    return _catalogue_with(menu_id).menus[menu_id]


def replace_menu(request: HttpRequest, menu_id: int) -> Json:
    """Replace a menu."""
    menu = read_json(request)
    if not isinstance(menu, dict) or not isinstance(menu.get("menuEntryGroups"), list):
        raise Refusal(400, "a menu is an object with a list of menuEntryGroups")
    _catalogue_with(menu_id).replace_menu(menu_id, {"menuName": f"Menu {menu_id}", **menu, "ikentooMenuId": menu_id})
    return {"status": "ok"}


def _catalogue_with(menu_id: int) -> Catalogue:
    for catalogue in store.catalogues.values():
        if menu_id in catalogue.menus:
            return catalogue
    raise not_found(f"There is no menu {menu_id}.")


def read_object(request: HttpRequest) -> Json:
    """Parse the body as a JSON object with float numbers. An empty body is an empty object."""
    body = read_json(request, parse_float=float) if request.body else {}
    if not isinstance(body, dict):
        raise Refusal(400, "the body must be a JSON object")
    return body
