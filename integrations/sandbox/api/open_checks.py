"""API calls that read open checks."""

import re
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api.errors import Refusal, not_found
from integrations.sandbox.api.web import location_of
from integrations.sandbox.records import Check
from integrations.sandbox.state import store
from integrations.sandbox.till import checks, snapshots

Json = dict[str, Any]

IDENTIFIER = re.compile(r"A\d+\.\d+")


def all_open(request: HttpRequest) -> list[Json]:
    """List a location's open checks. A check that is missing here may still be open, and found by its identifier."""
    return [snapshots.account(check) for check in checks.open_checks(location_of(request)) if _is_listed(check)]


def _is_listed(check: Check) -> bool:
    habits = store.habits
    if habits.trial_mode or (habits.list_dine_in_only and check.table is None):
        return False
    return clock.now() - check.opened_at < timedelta(hours=habits.listed_hours)


def of_table(request: HttpRequest, table_number: int) -> Json:
    """Return one check of a table: the oldest."""
    location = location_of(request)
    for check in checks.open_checks(location):
        if check.table == table_number:
            return snapshots.account(check)
    raise not_found(f"account not found for BL {location}")


def by_identifier(request: HttpRequest, account_identifier: str) -> Json:
    """Return one check by its identifier."""
    location = location_of(request)
    if not IDENTIFIER.fullmatch(account_identifier):
        raise Refusal(400, "Invalid account identifier")
    return snapshots.account(checks.find_open(location, account_identifier))
