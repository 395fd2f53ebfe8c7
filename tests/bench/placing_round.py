"""The rounds of `tests.bench.placing`, in their own process and database; prints orders a second as JSON."""

import json
import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from unittest import mock
from uuid import uuid4

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

django.setup()

from menus.models import Menu, Modifier, ModifierGroup, Product, ProductModifierGroup  # noqa: E402  # models need django.setup
from orders import placing  # noqa: E402
from orders.checkout.numbering import random_collection_code  # noqa: E402
from orders.checkout.requests import Guest, OrderRequest, Payment, RequestedItem, RequestedModifier  # noqa: E402
from orders.models import Injection, Order, OrderLine  # noqa: E402
from storekit.models import Venue  # noqa: E402
from storekit.queue import heartbeat  # noqa: E402
from tests.factories import ConnectionFactory, VenueFactory  # noqa: E402

_PRODUCTS, _GROUPS, _MODIFIERS = 1000, 60, 8
_ORDERS_BEFORE = 5000
_LINES, _CHOSEN = 8, 2
_ROUNDS, _ORDERS_A_ROUND = 15, 60
_COUNTER = """
    INSERT INTO orders_ordercounter (venue_id, last_number) VALUES (%s, 1)
    ON CONFLICT (venue_id) DO UPDATE SET last_number = orders_ordercounter.last_number + 1 RETURNING last_number
"""


def main() -> None:
    """Measure, and print `{storekit, raw: [orders a second, by round], queries, rows}`."""
    venue = _venue_with_a_menu()
    requests = _requests(venue)
    # Without a worker no order is taken.
    heartbeat.beat()
    _history(venue, requests)
    heartbeat.beat()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    # Queueing writes to another store; this measures the transaction.
    with mock.patch("orders.placing.enqueue_injection"):
        model = placing.place_order(venue=venue, request=requests[0]).order
        with CaptureQueriesContext(connection) as queries:
            placing.place_order(venue=venue, request=requests[1])
        raw = _Raw(model)
        found: dict[str, Any] = {"storekit": [], "raw": [], "rows": raw.rows, "queries": len(queries)}
        choose = random.Random(7).choice
        for _ in range(_ROUNDS + 1):
            heartbeat.beat()
            found["storekit"].append(_rate(lambda: placing.place_order(venue=venue, request=choose(requests))))
            found["raw"].append(_rate(raw.write))
    # The first round only warms up.
    print(json.dumps(found | {name: found[name][1:] for name in ("storekit", "raw")}))


def _rate(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(_ORDERS_A_ROUND):
        work()
    return _ORDERS_A_ROUND / (time.perf_counter() - begun)


class _Raw:
    """The rows of one order, written repeatedly as raw SQL on the same connection, one statement a row."""

    def __init__(self, model: Order) -> None:
        self._order, *_ = _rows_of(Order, model.pk, "id")
        self._lines = _rows_of(OrderLine, model.pk, "order_id")
        self._injection, *_ = _rows_of(Injection, model.pk, "order_id")
        del self._injection["id"]
        self.rows = 3 + len(self._lines)
        self._sql = {
            Order: _insert(Order, self._order),
            OrderLine: _insert(OrderLine, self._lines[0]),
            Injection: _insert(Injection, self._injection) + " RETURNING id",
        }

    def write(self) -> None:
        """Write one order."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_COUNTER, [self._order["venue_id"]])
            (number,) = cursor.fetchone()
            id = uuid4()
            order = self._order | {"id": id, "number": number, "collection_code": random_collection_code()}
            cursor.execute(self._sql[Order], list(order.values()))
            ids = {line["id"]: uuid4() for line in self._lines}
            for line in self._lines:
                row = line | {"id": ids[line["id"]], "order_id": id, "parent_id": ids.get(line["parent_id"])}
                cursor.execute(self._sql[OrderLine], list(row.values()))
            injection = self._injection | {"order_id": id, "reference": f"{id.hex}-1"}
            cursor.execute(self._sql[Injection], list(injection.values()))
            cursor.fetchone()


def _rows_of(model: Any, order_id: Any, column: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model._meta.db_table} WHERE {column} = %s", [order_id])
        names = [each.name for each in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(model: Any, row: dict[str, Any]) -> str:
    columns = ", ".join(f'"{name}"' for name in row)
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({', '.join(['%s'] * len(row))})"


# --- Existing rows ---------------------------------------------------------------------------------------------------


def _venue_with_a_menu() -> Venue:
    # Tables straight from the models, because this measures placing and not migrating.
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    venue: Venue = VenueFactory()
    ConnectionFactory(venue=venue)
    Menu.objects.create(venue=venue, version=1, languages=["en"])
    groups = [
        ModifierGroup(venue=venue, key=f"g{n}", name=f"Question {n}", kind="modifier", maximum=3)
        for n in range(_GROUPS)
    ]
    ModifierGroup.objects.bulk_create(groups)
    Modifier.objects.bulk_create(
        Modifier(group=group, key=f"m{n}", sku=f"{group.key}-M{n}", name=f"Choice {n}", price="0.50", position=n)
        for group in groups
        for n in range(_MODIFIERS)
    )
    products = [Product(venue=venue, sku=f"P{n}", name=f"Dish {n}", price=f"{n % 40 + 3}.50") for n in range(_PRODUCTS)]
    Product.objects.bulk_create(products)
    ProductModifierGroup.objects.bulk_create(
        ProductModifierGroup(product=product, group=groups[(n + step) % _GROUPS], position=step)
        for n, product in enumerate(products)
        for step in range(2)
    )
    return venue


def _requests(venue: Venue) -> list[OrderRequest]:
    """Return valid baskets of eight products with two modifiers each."""
    dice = random.Random(42)
    products = list(Product.objects.filter(venue=venue).prefetch_related("group_links__group__modifiers"))
    return [_request(dice, dice.sample(products, _LINES)) for _ in range(50)]


def _request(dice: random.Random, products: list[Product]) -> OrderRequest:
    items, total = [], Decimal(0)
    for product in products:
        chosen = [dice.choice(list(link.group.modifiers.all())) for link in product.group_links.all()][:_CHOSEN]
        modifiers = tuple(RequestedModifier(modifier=str(one.pk)) for one in chosen)
        items.append(RequestedItem(product=str(product.pk), modifiers=modifiers))
        total += product.price + sum(one.price for one in chosen)
    return OrderRequest(
        type=Order.Type.PICKUP,
        customer=Guest(first_name="Ada", last_name="Lovelace", email="ada@example.com", phone="020 7946 0018"),
        items=tuple(items),
        payment=Payment(paid=True, reference="web-1", amount=total),
        note="Ring the bell",
    )


def _history(venue: Venue, requests: list[OrderRequest]) -> None:
    """Create thousands of orders, most of them completed long ago."""
    with mock.patch("orders.placing.enqueue_injection"):
        raw = _Raw(placing.place_order(venue=venue, request=requests[0]).order)
    for _ in range(_ORDERS_BEFORE):
        raw.write()
    Order.objects.filter(number__lt=_ORDERS_BEFORE - 100).update(status=Order.Status.COMPLETED)
    Injection.objects.filter(order__status=Order.Status.COMPLETED).update(state=Injection.State.CONFIRMED)


if __name__ == "__main__":
    main()
