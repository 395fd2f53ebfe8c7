"""What the POS's notifications about checks mean for bills. They may come twice, late and out of order."""

from django.db import transaction

from integrations.pos import OrderEvent, OrderUpdate
from storekit.db import clock
from storekit.models import Venue
from tables.bills.recording import bills_named, close_bill, lock_bills
from tables.bills.unlisted import name_check
from tables.models import Bill, PayAtTable
from tables.payments.till.seen import note_payments


def check_changed(*, venue: Venue, update: OrderUpdate) -> None:
    """Bring the bill of the update's check up to date with the next call to the POS, or close it if the check is.

    Not with the check as the notification has it: nothing says how old that is. A check that has no open bill yet is
    asked for, as the POS's list may lack it. Safe to repeat.
    """
    if not (update.account or update.check_uuid) or not PayAtTable.objects.filter(venue=venue, enabled=True).exists():
        return
    if update.check is not None:
        note_payments(venue=venue, checks=[update.check])
    with transaction.atomic():
        lock_bills(venue=venue)
        bills = bills_named(venue=venue, uuid=update.check_uuid, account=update.account)
        if update.event is OrderEvent.COMPLETED:
            for bill in bills:
                close_bill(bill, final=update.check)
            return
        is_open = [bill.pk for bill in bills if bill.status != Bill.Status.CLOSED]
        # Those on the list are in the next list anyway.
        Bill.objects.filter(pk__in=is_open, unlisted=True).update(next_look_at=clock.now())
        if not is_open and update.account and _may_have_a_bill(update):
            name_check(venue=venue, identifier=update.account[:64])


def _may_have_a_bill(update: OrderUpdate) -> bool:
    """Return whether the check may be at a table and owed, as far as the update says."""
    if update.event is OrderEvent.FAILED:
        return False
    return update.check is None or (update.check.table is not None and update.check.amount >= 0)
