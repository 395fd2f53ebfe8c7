"""The back office's side bar: what staff need during service first, set-up below."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django_q.models import Failure, Schedule, Success

from integrations.models import Connection, Notification, SyncRun, SyncSchedule
from menus.models import Category, Menu, Modifier, ModifierGroup, Product, Snooze
from orders.models import DiscountCode, Order, OrderingRules
from storekit.backoffice.failures import failed_injections, payments_needing_staff
from storekit.models import ApiKey, Invitation, User, Venue
from tables.models import Area, Bill, GiftCard, PayAtTable, Payment, Reconciliation, Table


@dataclass(frozen=True)
class _Entry:
    """A page: the list of its model, or the page of this URL name."""

    model: type[Model]
    title: str
    icon: str
    url_name: str = ""


_PAY_AT_TABLE = "Pay at table"

_GROUPS: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
    (
        "Ordering",
        (
            _Entry(OrderingRules, "Ordering rules", "event_available"),
            _Entry(DiscountCode, "Discount codes", "sell"),
        ),
    ),
    (
        _PAY_AT_TABLE,
        (
            _Entry(PayAtTable, "Live floor", "grid_view", "admin:tables_payattable_floors"),
            _Entry(Bill, "Bills", "receipt"),
            _Entry(Payment, "Payments", "payments"),
            _Entry(GiftCard, "Gift cards", "redeem"),
            _Entry(Reconciliation, "Reconciliation", "rule"),
            _Entry(PayAtTable, "Settings", "qr_code_2"),
        ),
    ),
    (
        "Menu and tables",
        (
            _Entry(Menu, "Menu", "menu_book"),
            _Entry(Product, "Products", "restaurant_menu"),
            _Entry(Category, "Categories", "category"),
            _Entry(ModifierGroup, "Modifier groups", "tune"),
            _Entry(Modifier, "Modifiers", "checklist"),
            _Entry(Snooze, "Snoozes", "snooze"),
            _Entry(Area, "Areas", "deck"),
            _Entry(Table, "Tables", "table_restaurant"),
        ),
    ),
    (
        "Point of sale",
        (
            _Entry(Connection, "POS connection", "point_of_sale"),
            _Entry(SyncRun, "Syncs", "sync"),
            _Entry(SyncSchedule, "Sync schedules", "schedule"),
            _Entry(Notification, "Notifications", "notifications"),
        ),
    ),
    (
        "Setup",
        (
            _Entry(Venue, "Venue and staff", "storefront"),
            _Entry(Invitation, "Invitations", "mail"),
            _Entry(ApiKey, "API keys", "key"),
        ),
    ),
    (
        "Administration",
        (
            _Entry(User, "People", "group"),
            _Entry(Failure, "Failed tasks", "error"),
            _Entry(Success, "Completed tasks", "task_alt"),
            _Entry(Schedule, "Periodic tasks", "schedule"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side bar for unfold: only pages that exist and that the user may open."""
    home = {"title": "Tonight", "icon": "home", "link": reverse("admin:index")}
    orders = _item(request, _Entry(Order, "Orders", "receipt_long"))
    if orders and (failed := failed_injections(user=request.user).count()):
        orders |= _badge(failed)
    groups: list[dict[str, Any]] = [{"title": "", "items": [home, *([orders] if orders else [])]}]
    for title, entries in _GROUPS:
        items = [item for entry in entries if (item := _item(request, entry))]
        if title == _PAY_AT_TABLE and items and (count := payments_needing_staff(user=request.user).count()):
            items[0] |= _badge(count)
        groups.append({"title": title, "separator": True, "items": items})
    return groups


def _item(request: HttpRequest, entry: _Entry) -> dict[str, Any] | None:
    page = admin.site._registry.get(entry.model)
    if page is None or not page.has_module_permission(request):
        return None
    every = reverse(f"admin:{entry.model._meta.app_label}_{entry.model._meta.model_name}_changelist")
    item: dict[str, Any] = {
        "title": entry.title,
        "icon": entry.icon,
        "link": reverse(entry.url_name) if entry.url_name else every,
    }
    if entry.model is PayAtTable and request.path.startswith(every):
        # The live floor and the settings have addresses that begin alike.
        item["active"] = ("/floor/" in request.path) == bool(entry.url_name)
    return item


def _badge(count: int) -> dict[str, str]:
    return {"badge": str(count), "badge_variant": "danger", "badge_style": "solid"}
