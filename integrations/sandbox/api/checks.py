"""The calls about open checks."""

from typing import Any

from django.http import HttpRequest

from integrations.sandbox.api.errors import not_found
from integrations.sandbox.api.web import location_of
from integrations.sandbox.till import checks, snapshots

Json = dict[str, Any]


def all_open(request: HttpRequest) -> list[Json]:
    """Return every open check of a location."""
    return [snapshots.account(check) for check in checks.open_checks(location_of(request))]


def of_table(request: HttpRequest, table_number: int) -> Json:
    """Return one check of a table: the oldest."""
    for check in checks.open_checks(location_of(request)):
        if check.table == table_number:
            return snapshots.account(check)
    raise not_found(f"No account is open on table {table_number}")


def by_identifier(request: HttpRequest, account_identifier: str) -> Json:
    """Return one check."""
    return snapshots.account(checks.find_open(location_of(request), account_identifier))
