"""Follow an order's check at the POS, which keeps its uuid while its identifier changes.

Splitting, transferring and merging give a check a new identifier, and so does the till's own handling of some orders to
a table (source: integrators' logs). Orders therefore keep everything that their check has been known by.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.pos import OrderEvent, OrderUpdate
from orders.models import CLOSED_STATUSES, CheckIdentifier, Injection, Order
from storekit.models import Venue


def open_injections_on(*, venue: Venue, update: OrderUpdate) -> QuerySet[Injection]:
    """Return the injections of the venue's open orders that are on the update's check, by anything it is known by."""
    return _open_injections_known_by(venue.pk, _names(update))


def check_to_add_to(*, order: Order) -> str:
    """Return the present identifier of the open check that the order is to be added to; empty if there is none.

    The order may name it by one that the check no longer has. Other orders on it have followed it. If they are on
    different checks by now, as after a split, the check keeps the name that the order gives it.
    """
    if not order.open_account:
        return ""
    on_it = _open_injections_known_by(order.venue_id, [order.open_account])
    present = set(on_it.exclude(account="").values_list("account", flat=True))
    return present.pop() if len(present) == 1 else order.open_account


def follow_check(*, injections: Collection[Injection], update: OrderUpdate) -> None:
    """Remember what the update calls the check; if it has been renamed, show the new identifier from now on."""
    remember_check(injections=injections, names=_names(update))
    if update.event is not OrderEvent.CHECK_UPDATED or not update.account:
        return
    for injection in injections:
        if injection.account not in ("", update.account):
            injection.account = update.account
            injection.save(update_fields=["account"])


def remember_check(*, injections: Collection[Injection], names: Collection[str]) -> None:
    """Keep the names for finding the injections by them. Safe to repeat."""
    rows = [CheckIdentifier(injection=injection, identifier=name[:64]) for injection in injections for name in names]
    CheckIdentifier.objects.bulk_create(rows, ignore_conflicts=True)


def reference_on_check(*, venue: Venue, names: Collection[str], since: datetime) -> str:
    """Return the reference of the first order placed since then that is or was on the check with one of these names.

    Empty if there is none.
    """
    known = CheckIdentifier.objects.filter(injection=OuterRef("pk"), identifier__in=names)
    placed = Injection.objects.filter(order__venue=venue, order__placed_at__gte=since, state=Injection.State.CONFIRMED)
    on_it = placed.filter(Q(account__in=names) | Exists(known)).order_by("order__placed_at")
    return on_it.values_list("reference", flat=True).first() or ""


def forget_check(*, injection: Injection) -> None:
    """Forget the check of a revision that never became the order's."""
    CheckIdentifier.objects.filter(injection=injection).delete()


def _open_injections_known_by(venue_id: int, names: Collection[str]) -> QuerySet[Injection]:
    known = CheckIdentifier.objects.filter(injection=OuterRef("pk"), identifier__in=names)
    return Injection.objects.filter(
        Q(account__in=names) | Exists(known), order__venue=venue_id, state=Injection.State.CONFIRMED
    ).exclude(order__status__in=CLOSED_STATUSES)


def _names(update: OrderUpdate) -> tuple[str, ...]:
    return tuple(name for name in (update.account, update.check_uuid) if name)
