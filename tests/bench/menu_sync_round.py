"""One round of `tests.bench.menu_sync`, in its own process and database; prints seconds as JSON."""

import json
import resource
import time
from collections.abc import Callable
from typing import Any

import django
import psycopg
import requests
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

django.setup()

from integrations.models import SyncRun  # noqa: E402  # models need django.setup
from menus.models import Product  # noqa: E402
from menus.sync.run import sync_menu  # noqa: E402
from storekit.models import Venue  # noqa: E402
from tests.factories import ConnectionFactory, VenueFactory  # noqa: E402

_TABLES = (
    "menus_category",
    "menus_product",
    "menus_modifiergroup",
    "menus_modifier",
    "menus_categoryproduct",
    "menus_productmodifiergroup",
    "menus_nestedmodifiergroup",
)

Rows = dict[str, list[tuple[Any, ...]]]


def main() -> None:
    """Measure, and print `{name: seconds}` with the peak memory in MB and the most queries of a sync."""
    venue = _connected_venue()
    content = _choose_menu("/unchanged")
    seconds = {"first": _timed(lambda: _sync(venue))}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = {table: _all(table) for table in _TABLES}
    seconds["unchanged"] = _timed(lambda: _sync(venue))
    _choose_menu("/changed")
    seconds["changed"] = _timed(lambda: _sync(venue))
    _empty()
    seconds["floor"] = _timed(lambda: _floor(content, rows))
    _empty()
    print(json.dumps(seconds | {"peak": peak, "queries": max(_queries(venue))}))


def _connected_venue() -> Venue:
    # Tables straight from the models, because this measures syncing and not migrating.
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    venue: Venue = VenueFactory()
    ConnectionFactory(venue=venue)
    return venue


def _choose_menu(menu: str) -> bytes:
    """Choose the menu that the POS sends from now on, and return its bytes."""
    requests.put(f"{settings.LIGHTSPEED_API_URL}{menu}", timeout=5).raise_for_status()
    return requests.get(f"{settings.LIGHTSPEED_API_URL}/o/op/2/menu/load/168", timeout=5).content


def _sync(venue: Venue) -> None:
    run = sync_menu(venue=venue, started_by="bench")
    assert run.state == SyncRun.State.SUCCEEDED, run.error
    assert Product.objects.filter(venue=venue, archived_at=None).count() == 5000


def _floor(content: bytes, rows: Rows) -> None:
    json.loads(content)
    with transaction.atomic(), _raw_cursor() as cursor:
        for table, values in rows.items():
            if values:
                cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(values[0]))})", values)


def _raw_cursor() -> Any:
    """Return the driver's own cursor: with Django's, PostgreSQL has to parse each row as a statement of its own."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def _all(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return list(cursor.fetchall())


def _empty() -> None:
    # Foreign keys are checked when the transaction ends.
    with transaction.atomic(), connection.cursor() as cursor:
        for model in apps.get_app_config("menus").get_models(include_auto_created=True):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


def _queries(venue: Venue) -> list[int]:
    """Return the number of queries of a first sync, and of one with changes."""
    numbers = []
    for menu in ("/unchanged", "/changed"):
        _choose_menu(menu)
        with CaptureQueriesContext(connection) as queries:
            _sync(venue)
        numbers.append(len(queries))
    return numbers


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
