"""Read a payment's check from the POS as it is now, by every name it has, and bring its bill up to date with it."""

from datetime import datetime

from django.db import transaction

from integrations.pos import NotFound, OpenCheck, PointOfSale
from storekit.db import clock
from storekit.models import Venue
from tables.bills.recording import lock_bills, record_checks
from tables.models import Bill, CheckList

# The newest first: older ones are former names of the same check.
_MOST_IDENTIFIERS = 4


def read_check(pos: PointOfSale, bill: Bill) -> OpenCheck | None:
    """Return the bill's check, or None if it is not open under any name. One call if it kept its name.

    Raises:
        PosError: the POS cannot be asked.
    """
    asked_at = clock.now()
    check = _by_identifier(pos, bill.account) or _in_list(pos, bill)
    if check is None:
        check = next((found for name in _other_names(bill) if (found := _by_identifier(pos, name))), None)
    if check is not None:
        _record(bill.venue, check, asked_at)
    return check


def _record(venue: Venue, check: OpenCheck, asked_at: datetime) -> None:
    CheckList.objects.get_or_create(venue=venue)
    with transaction.atomic():
        lock_bills(venue=venue)
        # A list that was asked for since then has the check as it is later.
        if not CheckList.objects.filter(venue=venue, fetched_at__gt=asked_at).exists():
            record_checks(venue=venue, checks=[check], asked_at=asked_at)


def _by_identifier(pos: PointOfSale, identifier: str) -> OpenCheck | None:
    try:
        return pos.open_check(identifier)
    except NotFound:
        return None


def _in_list(pos: PointOfSale, bill: Bill) -> OpenCheck | None:
    names = {bill.account, bill.check_uuid, *_other_names(bill)} - {""}
    return next((check for check in pos.open_checks() if names & set(check.identifiers)), None)


def _other_names(bill: Bill) -> list[str]:
    rows = bill.identifiers.exclude(identifier__in=[bill.check_uuid, bill.account]).order_by("-pk")
    return list(rows.values_list("identifier", flat=True)[:_MOST_IDENTIFIERS])
