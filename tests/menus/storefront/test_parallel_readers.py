"""Storefronts that read during syncs get either the old menu or the new one, never a mixture."""

import json
import threading
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection, connections

from integrations.pos import MenuSnapshot
from menus.storefront.published import menu_cache, read_menu
from menus.versions import MenuBusy
from storekit.models import Venue
from tests.menus.snapshots import category, group, modifier, product, snapshot, sync_snapshot

_SYNCS = 12
_READERS = 3


def _edition(number: int) -> MenuSnapshot:
    """Return a menu with its number in every part, and some parts that only this number has."""
    skus = (*(f"P{n}" for n in range(30)), f"ONLY{number % 3}")
    price = Decimal(number)
    return snapshot(
        categories=(category("mains", *skus, name=f"Mains {number}"), category(f"s{number % 2}", *skus[:3])),
        products=tuple(product(sku, name=f"{sku} {number}", price=price, groups=("sauce",)) for sku in skus),
        groups=(group("sauce", modifier("MAYO", price=price), modifier(f"M{number % 2}", price=price)),),
    )


def _number_of(body: bytes) -> int:
    """Return the number that all parts share."""
    menu = json.loads(body)
    groups = menu["modifier_groups"]
    numbers = {int(one["name"].split()[-1]) for one in menu["products"]}
    numbers |= {int(Decimal(one["price"])) for one in menu["products"]}
    numbers |= {int(Decimal(one["price"])) for group in groups for one in group["modifiers"]}
    numbers.add(int(menu["categories"][0]["name"].split()[-1]))
    assert len(numbers) == 1, f"a mixture of {numbers}"
    (number,) = numbers
    assert len(menu["products"]) == 31
    assert [len(one["products"]) for one in menu["categories"]] == [31, 3]
    assert {one["sku"] for one in groups[0]["modifiers"]} == {"MAYO", f"M{number % 2}"}
    return number


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one connection in at a time")
def test_clients_read_only_whole_menus_during_syncs(venue: Venue) -> None:
    sync_snapshot(venue, _edition(1))
    stop = threading.Event()
    seen: list[int] = []
    problems: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                # Built anew every time: a kept menu could not be a mixture.
                menu_cache.clear()
                cache.clear()
                try:
                    seen.append(_number_of(read_menu(slug=venue.slug)[1].body("identity")))
                except MenuBusy:
                    continue
        except BaseException as problem:  # noqa: BLE001 - the test's own thread raises it
            problems.append(problem)
        finally:
            connections.close_all()

    readers = [threading.Thread(target=read) for _ in range(_READERS)]
    for reader in readers:
        reader.start()
    for number in range(2, _SYNCS + 2):
        sync_snapshot(venue, _edition(number))
    stop.set()
    for reader in readers:
        reader.join(timeout=30)

    assert problems == []
    assert len(set(seen)) > 1
    assert max(seen) <= _SYNCS + 1
