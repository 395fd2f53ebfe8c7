"""Receipts: what a guest paid, for the page to print and for the e-mail.

An e-mail is due from the moment its payment is captured, recorded in the same transaction; the row says whether it was
sent. It goes out once, unless the process dies after the mail server took it: the second one has the same Message-ID.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from babel.dates import format_datetime
from babel.numbers import format_decimal
from django.utils.translation import gettext, override

from storekit.db import clock
from storekit.db.due_rows import claim_by_moment, due_now, enqueue_each, enqueue_on_commit
from storekit.mail import send_mail
from storekit.money.words import format_money
from tables.languages import locale_of, offered, place_of
from tables.models import Payment

SEND = "tables.tasks.send_receipt"
LEASE = timedelta(minutes=2)
"""Longer than a mail server is waited for."""
GIVE_UP_AFTER = timedelta(days=2)
_FIRST_PAUSE = timedelta(minutes=1)
_MOST_PER_SWEEP = 200


@dataclass(frozen=True)
class Receipt:
    """What a receipt says, written for the guest."""

    venue: str
    place: str
    at: str
    """By the clocks of the venue."""
    lines: tuple[str, ...]
    """What was paid for, if the guest chose that."""
    amount: str
    tip: str
    """Empty if there was none."""
    total: str
    refunded: str
    """Empty if nothing was."""
    method: str
    reference: str


def receipt_of(payment: Payment, *, language: str) -> Receipt:
    """Return the receipt of a captured payment, in the language that is active. Load venue, bill and table with it."""
    venue = payment.venue
    locale = locale_of(language, venue)

    def written(amount: Decimal) -> str:
        return format_money(amount, venue, locale=locale)

    at = (payment.captured_at or payment.created_at).astimezone(venue.zone)
    return Receipt(
        venue=venue.name,
        place=place_of(payment.table) if payment.table else "",
        at=format_datetime(at, "long", locale=locale.replace("-", "_")),
        lines=tuple(_lines(payment, locale)),
        amount=written(payment.amount),
        tip=written(payment.tip) if payment.tip else "",
        total=written(payment.amount + payment.tip),
        refunded=written(payment.refunded) if payment.refunded else "",
        method=_method(payment),
        reference=payment.pos_reference or str(payment.pk),
    )


def queue_receipt(payment: Payment) -> None:
    """Have the receipt of a payment that is just being captured sent, if the guest left an address."""
    if payment.email and payment.receipt_sent_at is None:
        payment.receipt_due_at = due_now()
        enqueue_on_commit(SEND, str(payment.pk))


def send_receipt(*, payment_id: UUID) -> str:
    """Send the receipt if it is due and no other process is at it; return `sent`, `not due`, or why it failed."""
    due = Payment.objects.filter(pk=payment_id, receipt_due_at__lte=clock.now(), receipt_sent_at=None)
    mine = claim_by_moment(due, column="receipt_due_at", lease=LEASE)
    if mine is None:
        return "not due"
    payment = Payment.objects.select_related("venue", "bill", "table").get(pk=payment_id)
    problem = _mail(payment)
    claimed = Payment.objects.filter(pk=payment_id, receipt_due_at=mine)
    if problem:
        claimed.update(receipt_due_at=_next_attempt(payment.captured_at or payment.created_at))
        return problem
    claimed.update(receipt_due_at=None, receipt_sent_at=clock.now())
    return "sent"


def enqueue_due() -> int:
    """Queue the receipts that are due, a limited number at a time; return how many were queued."""
    due = Payment.objects.filter(receipt_due_at__lte=clock.now()).order_by("receipt_due_at")
    return enqueue_each(SEND, (str(pk) for pk in due.values_list("pk", flat=True)[:_MOST_PER_SWEEP]))


def _mail(payment: Payment) -> str:
    language = offered(payment.language)
    with override(language):
        context = {"receipt": receipt_of(payment, language=language), "language": language}
        name = f"receipt-{payment.pk}"
        return send_mail(to=payment.email, template="emails/receipt", context=context, name=name, html=True)


def _next_attempt(since: datetime) -> datetime | None:
    """Return when to try again: after as long as it has been due for, so ever more rarely. None after two days."""
    waited = clock.now() - since
    return clock.now() + max(waited, _FIRST_PAUSE) if waited < GIVE_UP_AFTER else None


def _lines(payment: Payment, locale: str) -> list[str]:
    if payment.share:
        return [gettext("A share of {share} of what was left").format(share=payment.share)]
    if payment.choice.get("mode") not in ("items", "full"):
        return []
    names = {line["id"]: line["name"] for line in payment.bill.lines}
    parts = ((names.get(id), Fraction(part["quantity"])) for id, part in payment.parts.items())
    return [_line(name, quantity, locale) for name, quantity in parts if name]


def _line(name: str, quantity: Fraction, locale: str) -> str:
    if quantity == 1:
        return name
    # Kitchens sell by thirds, and scales by thousandths.
    decimal = Decimal(quantity.numerator) / quantity.denominator
    is_exact = decimal == round(decimal, 3)
    count = format_decimal(decimal, locale=locale.replace("-", "_")) if is_exact else str(quantity)
    return f"{count} × {name}"


def _method(payment: Payment) -> str:
    kind = gettext("Gift card") if payment.method == Payment.Method.GIFT_CARD else gettext("Card")
    return f"{kind}: {payment.card}" if payment.card else kind
