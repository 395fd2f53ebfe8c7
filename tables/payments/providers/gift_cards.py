"""The venue's own gift cards as a payment provider: the money is on our ledger, so every call is one transaction.

A payment's name here is the entry that holds its amount. What is held has been taken from the balance already, so two
phones cannot spend it. A refund goes back onto the card, even if that has expired or been blocked since: its date and
its block stay, and the entry says so, so that staff can give it a later date.
"""

from collections import defaultdict
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from storekit.money import ZERO, money_string
from tables.gift_cards import ledger
from tables.gift_cards.finding import NotUsable, has_expired, usable_card
from tables.models import GiftCard, GiftCardEntry, Payment
from tables.payments.providers.port import Charge, Money, ProviderPayment, ProviderRefused

_Kind = GiftCardEntry.Kind


class GiftCardProvider:
    """Takes payments from gift cards. Never unreachable: a database that is away ends the caller's own step."""

    name = "gift_card"

    def begin(self, charge: Charge, *, key: str) -> ProviderPayment:
        """Hold the amount on the card whose code was typed.

        Declined with the code `mistyped_gift_card`, `unknown_gift_card`, `gift_card_expired`, `gift_card_blocked`, or
        `not_enough_balance`; then `client` has the `balance`, so that the guest can pay that much with the card.
        """
        if (held := _hold_with_key(charge, key)) is not None:
            return _answer(held)
        payment = Payment.objects.select_related("venue").get(pk=charge.payment_id)
        try:
            card = usable_card(venue=payment.venue, typed=str(charge.card.get("code") or ""))
        except NotUsable as error:
            return _declined(error.code, error.card)
        try:
            with transaction.atomic():
                locked = ledger.lock(card.pk)
                if locked.blocked_at is not None:
                    return _declined("gift_card_blocked", locked)
                own = _key("hold", payment.pk, key)
                hold = ledger.book(card=locked, kind=_Kind.HELD, amount=-charge.amount, key=own, payment_id=payment.pk)
        except ledger.NotEnoughBalance as error:
            left = money_string(error.balance, payment.venue.currency)
            return _declined("not_enough_balance", card, balance=left)
        return _answer(hold)

    def read(self, reference: str, *, account: str = "") -> ProviderPayment:
        """Return the payment as the ledger has it. Raises `ProviderRefused` for an unknown reference."""
        return _answer(_hold(reference))

    def capture(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> ProviderPayment:
        """Spend what is held. The rest, if the amount is less, goes back onto the card."""
        hold = _hold(reference)
        with transaction.atomic():
            card = ledger.lock(hold.card_id)
            now = _answer(hold)
            if now.money is Money.CAPTURED and now.captured == amount:
                return now
            if now.money is not Money.AUTHORISED:
                raise ProviderRefused("This payment is over: nothing is held for it.", code="not_held")
            if not ZERO < amount <= -hold.amount:
                raise ProviderRefused("More is to be taken than is held.", code="amount_too_large")
            ledger.book(card=card, kind=_Kind.CAPTURED, amount=ZERO, key=f"capture:{hold.pk}", **_of(hold))
            if rest := -hold.amount - amount:
                ledger.book(card=card, kind=_Kind.RELEASED, amount=rest, key=f"rest:{hold.pk}", **_of(hold))
            return _answer(hold)

    def cancel(self, reference: str, *, key: str, account: str = "") -> ProviderPayment:
        """Give what is held back to the card. What was captured stays captured. What was declined held nothing."""
        if not reference:
            return ProviderPayment("", Money.CANCELLED)
        hold = _hold(reference)
        with transaction.atomic():
            card = ledger.lock(hold.card_id)
            if _answer(hold).money is Money.AUTHORISED:
                ledger.book(card=card, kind=_Kind.RELEASED, amount=-hold.amount, key=f"release:{hold.pk}", **_of(hold))
            return _answer(hold)

    def refund(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> str:
        """Put a part of what was captured back onto the card, or all of it; return the entry's number."""
        hold = _hold(reference)
        with transaction.atomic():
            card = ledger.lock(hold.card_id)
            own = _key("refund", hold.pk, key)
            earlier = GiftCardEntry.objects.filter(card=card, key=own).first()
            if earlier is not None:
                return str(earlier.pk)
            now = _answer(hold)
            if not ZERO < amount <= now.captured - now.refunded:
                raise ProviderRefused("More is to be given back than was taken.", code="amount_too_large")
            entry = ledger.book(
                card=card, kind=_Kind.REFUNDED, amount=amount, key=own, note=why_not_spendable(card), **_of(hold)
            )
        return str(entry.pk)


def why_not_spendable(card: GiftCard) -> str:
    """Return why guests cannot spend what is on the card now, in a sentence for staff; empty if they can."""
    if card.blocked_at is not None:
        return "The card is blocked: unblock it, so that the guest can spend this."
    if has_expired(card=card, venue=card.venue):
        return f"The card expired on {card.expires_on:%-d %B %Y}: set a later date, so that the guest can spend this."
    return ""


def _key(what: str, owner: object, key: str) -> str:
    """Return the ledger's key of a request. A provider's key names a request of one payment, not of a whole card."""
    digest = sha256(f"{owner}:{key}".encode()).hexdigest()
    return f"{what}:{digest}"


def _of(hold: GiftCardEntry) -> dict[str, Any]:
    return {"hold": hold, "payment_id": hold.payment_id}


def _hold_with_key(charge: Charge, key: str) -> GiftCardEntry | None:
    own = _key("hold", charge.payment_id, key)
    return GiftCardEntry.objects.filter(payment_id=charge.payment_id, kind=_Kind.HELD, key=own).first()


def _hold(reference: str) -> GiftCardEntry:
    try:
        return GiftCardEntry.objects.select_related("card__venue").get(pk=reference, kind=_Kind.HELD)
    except (GiftCardEntry.DoesNotExist, ValueError, ValidationError):
        raise ProviderRefused("No gift card holds anything under this reference.", code="unknown_payment") from None


def _declined(code: str, card: GiftCard | None, **client: str) -> ProviderPayment:
    return ProviderPayment("", Money.DECLINED, code=code, card=str(card) if card else "", client=client)


def _answer(hold: GiftCardEntry) -> ProviderPayment:
    # Added up here: SQLite would do it in binary.
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for kind, amount in hold.following.values_list("kind", "amount"):
        sums[kind] += amount
    money, captured = Money.AUTHORISED, ZERO
    if _Kind.CAPTURED in sums:
        money, captured = Money.CAPTURED, -hold.amount - sums[_Kind.RELEASED]
    elif _Kind.RELEASED in sums:
        money = Money.CANCELLED
    return ProviderPayment(str(hold.pk), money, captured=captured, refunded=sums[_Kind.REFUNDED], card=str(hold.card))
