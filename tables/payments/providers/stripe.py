"""Payments through Stripe: a PaymentIntent each, with the official library.

- **Authorise, then capture.** Methods that can be authorised are; the others are captured at once (`stripe_methods`).
- **The venue's own account.** With `account` every call is made for that connected account (`Stripe-Account`): direct
  charges, so the venue is the merchant, pays Stripe's fees and answers disputes. Without one it is the platform's.
- **Keys.** Each request carries a key derived from our row, also when the library repeats it. Stripe keeps the answer
  to a key for a day or more, errors of its own (5xx) included, and sends that again. So the money's state is read
  before and after, and a kept error is passed by under a further key where doing it again would do nothing.
- **Receipts** are ours, with the lines of the bill: Stripe is given no `receipt_email`, so guests do not get two.
"""

import logging
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import stripe
from django.conf import settings
from stripe import APIError, CardError, InvalidRequestError, StripeClient, StripeError

from tables.payments.providers import stripe_errors
from tables.payments.providers.port import (
    Charge,
    Money,
    ProviderPayment,
    ProviderRefused,
    ProviderUnreachable,
)
from tables.payments.providers.stripe_amounts import to_stripe
from tables.payments.providers.stripe_methods import card_parameters, creation_parameters
from tables.payments.providers.stripe_reading import Intent, payment_of

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 3.05
READ_TIMEOUT = 8.0
RETRIES = 1
"""Of each call, half a second later. Two calls with their repeats fit into a payment's lease; what takes longer is
repeated with the same keys by the row's next attempt."""

# Letters that a card statement can have. Source: "Statement descriptors" in Stripe's documentation
# (https://docs.stripe.com/get-started/account/statement-descriptors): 22 characters for the account's own prefix (up to
# ten), an asterisk, a blank and this suffix, which needs a letter.
_NOT_ON_STATEMENTS = re.compile(r"""[^ -~]|[<>\\'"*]""")
_LONGEST_SUFFIX = 22 - 10 - len("* ")

_MOVED_ON = "payment_intent_unexpected_state"
_EXPAND = ["latest_charge"]
_METADATA_KEY = "storekit_key"
_FAILED_REFUNDS = ("failed", "canceled")


class StripeProvider:
    """Takes payments through Stripe. Every call may raise `ProviderUnreachable` or `ProviderRefused`."""

    name = "stripe"

    def begin(self, charge: Charge, *, key: str) -> ProviderPayment:
        """Create the PaymentIntent, and confirm it if the charge's card names a payment method or confirmation token.

        Two requests, as an answer that is lost or kept wrongly is then never about money: a new intent takes none.
        """
        card = card_parameters(charge.card)
        parameters = _creation(charge)
        with _translated("create", beginning=True):
            made = _post(lambda k: _intents().create(parameters, _options(charge.account, k)), key=key)
        if card is None:
            return payment_of(_as_it_is_now(made, account=charge.account), account=charge.account)
        return self._confirm(made.id, card | _return_url(charge.card), key=f"{key}:confirm", account=charge.account)

    def read(self, reference: str, *, account: str = "") -> ProviderPayment:
        """Return the payment as it is now."""
        return payment_of(_retrieve(reference, account=account), account=account)

    def capture(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> ProviderPayment:
        """Take the authorised amount. Captured before: the same answer.

        Raises:
            ProviderRefused: the authorisation is gone, or was for less.
        """
        intent = _retrieve(reference, account=account)
        if intent["status"] == "requires_capture":
            units = to_stripe(amount, intent["currency"].upper())
            if units > intent["amount_capturable"]:
                raise ProviderRefused("Less than this was authorised.", code="more_than_authorised")
            parameters = {"amount_to_capture": units, "expand": _EXPAND}
            intent = _move(reference, "capture", parameters, key=key, account=account)
        payment = payment_of(intent, account=account)
        if payment.money in (Money.PROCESSING, Money.AUTHORISED):
            raise ProviderUnreachable("Stripe is still capturing it.", code="processing")
        if payment.money is not Money.CAPTURED:
            raise ProviderRefused("There is nothing to capture any more.", code=payment.code or "not_authorised")
        return payment

    def cancel(self, reference: str, *, key: str, account: str = "") -> ProviderPayment:
        """Give up what is authorised, or may still become so. Returns the payment, captured if it is too late."""
        intent = _retrieve(reference, account=account)
        if intent["status"] not in ("canceled", "succeeded", "processing"):
            parameters = {"cancellation_reason": "abandoned", "expand": _EXPAND}
            intent = _move(reference, "cancel", parameters, key=key, account=account)
        return payment_of(intent, account=account)

    def refund(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> str:
        """Give back a part of what was captured, or all of it; return the refund's name at Stripe.

        Refunds carry our key, too, and are looked through first: Stripe forgets its own after a day.

        Raises:
            ProviderRefused: more than was captured, less what was given back before.
        """
        intent = _retrieve(reference, account=account)
        units = to_stripe(amount, intent["currency"].upper())
        parameters = {"payment_intent": reference, "amount": units, "metadata": {_METADATA_KEY: key}}
        with _translated("refund"):
            refund = _post(
                lambda k: _as_dict(_client().v1.refunds.create(parameters, _options(account, k))),
                key=key,
                done=lambda: _refund_with(key, reference, account=account),
            )
        if refund["status"] in _FAILED_REFUNDS:
            raise ProviderRefused("Stripe could not give it back.", code=refund.get("failure_reason") or "failed")
        return str(refund["id"])

    def _confirm(self, reference: str, card: Mapping[str, str], *, key: str, account: str) -> ProviderPayment:
        try:
            intent = _move(reference, "confirm", {**card, "expand": _EXPAND}, key=key, account=account, beginning=True)
        except CardError as error:
            payment = self.read(reference, account=account)
            if payment.money is not Money.NEEDS_GUEST:
                # An old answer: somebody has paid since.
                return payment
            code = stripe_errors.reason(stripe_errors.body_of(error)) or "card_declined"
            return replace(payment, money=Money.DECLINED, code=code)
        return payment_of(intent, account=account)


def _creation(charge: Charge) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "amount": to_stripe(charge.amount, charge.currency),
        "currency": charge.currency.lower(),
        "metadata": {"storekit_payment": charge.payment_id},
        "expand": _EXPAND,
        **creation_parameters(),
    }
    suffix = statement_suffix(charge.statement_descriptor)
    if suffix:
        parameters["statement_descriptor_suffix"] = suffix
    if charge.description:
        parameters["description"] = charge.description
    return parameters


def statement_suffix(text: str) -> str:
    """Return what stands on a card statement after the account's own prefix; empty if no letter is left of it."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    suffix = " ".join(_NOT_ON_STATEMENTS.sub(" ", plain).split())[:_LONGEST_SUFFIX].strip()
    return suffix if re.search("[A-Za-z]", suffix) else ""


def _return_url(card: Mapping[str, Any]) -> dict[str, str]:
    """Return where a bank sends the guest back to. Stripe insists on one, as some methods leave the page."""
    given = card.get("return_url")
    usable = isinstance(given, str) and given.startswith(("https://", "http://"))
    return {"return_url": str(given) if usable else settings.PUBLIC_URL}


def _retrieve(reference: str, *, account: str) -> Intent:
    with _translated("read"):
        return _as_dict(_intents().retrieve(reference, {"expand": _EXPAND}, _options(account)))


def _move(
    reference: str, verb: str, parameters: Mapping[str, Any], *, key: str, account: str, beginning: bool = False
) -> Intent:
    """Confirm, capture or cancel; return the intent as it is now, also if it had moved on before.

    Raises:
        stripe.CardError: on confirming.
    """
    call = getattr(_intents(), verb)
    try:
        with _translated(verb, beginning=beginning, untouched=(CardError,) if verb == "confirm" else ()):
            moved = _post(
                lambda k: call(reference, parameters, _options(account, k)),
                key=key,
                passed_by=APIError if verb == "confirm" else StripeError,
            )
    except ProviderRefused as refused:
        if isinstance(refused.__cause__, InvalidRequestError) and refused.code == _MOVED_ON:
            return _retrieve(reference, account=account)
        raise
    return _as_it_is_now(moved, account=account)


def _as_it_is_now(intent: Any, *, account: str) -> Intent:
    """Return an intent that was just answered. What was kept for its key may be older than what happened since."""
    headers = intent.last_response.headers if intent.last_response else {}
    replayed = str(headers.get("Idempotent-Replayed", "")).lower() == "true"
    return _retrieve(intent.id, account=account) if replayed else _as_dict(intent)


def _refund_with(key: str, reference: str, *, account: str) -> Mapping[str, Any] | None:
    refunds = _client().v1.refunds
    found = _as_dict(refunds.list({"payment_intent": reference, "limit": 100}, _options(account)))["data"]
    return next((each for each in found if (each.get("metadata") or {}).get(_METADATA_KEY) == key), None)


def _post(
    send: Callable[[str], Any],
    *,
    key: str,
    passed_by: type[Exception] = APIError,
    done: Callable[[], Any] = lambda: None,
) -> Any:
    """Send a request under a key; under a further one if Stripe kept an error for it that may not hold any more.

    Intents refuse what they have behind them, and a new one takes no money. What would be done twice needs `done`.

    Args:
        send: makes the request under the key that it is given.
        key: the first one.
        passed_by: the errors. By default those of Stripe's own; a card's refusal must stand, or it is tried again.
        done: finds what the request would do, if it was done in spite of the error.
    """
    for further in ("", ":2", ":3"):
        before = done()
        if before is not None:
            return before
        try:
            return send(key + further)
        except passed_by as error:
            if not further:
                first = error
            if not stripe_errors.was_replayed(error):
                raise
    raise first


@contextmanager
def _translated(what: str, *, beginning: bool = False, untouched: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Raise the port's errors for Stripe's, but for those that are `untouched`; write one line to the log."""
    started, outcome = time.monotonic(), "ok"
    try:
        yield
    except StripeError as error:
        outcome = type(error).__name__
        if isinstance(error, untouched):
            raise
        raise stripe_errors.port_error(error, beginning=beginning) from error
    finally:
        log.info("Stripe %s: %s in %d ms", what, outcome, round((time.monotonic() - started) * 1000))


def _options(account: str, key: str = "") -> dict[str, str]:
    options = {"stripe_account": account} if account else {}
    return options | ({"idempotency_key": key} if key else {})


def _as_dict(found: Any) -> Mapping[str, Any]:
    """Return an object of the library's, which is no dictionary and has no attribute for what was not sent."""
    values: Mapping[str, Any] = found.to_dict()
    return values


def _intents() -> Any:
    return _client().v1.payment_intents


def _client() -> StripeClient:
    """Return this process's client: its connections are kept alive, and not shared with the process that forked it."""
    return _made_client(os.getpid(), settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE.rstrip("/"))


@lru_cache(maxsize=2)
def _made_client(_pid: int, secret_key: str, api_base: str) -> StripeClient:
    # Otherwise it makes a file in the home folder, and tells Stripe about the host with every call.
    stripe.enable_telemetry = False
    http = stripe.RequestsClient(timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), session=_session())
    return StripeClient(secret_key, base_addresses={"api": api_base}, http_client=http, max_network_retries=RETRIES)


def _session() -> requests.Session:
    session = requests.Session()
    # An `auth` of our own that adds nothing, because requests lets a .netrc file override the library's header.
    session.auth = _as_it_is
    # Threads and venues share the session, so no cookie may be kept from one call to the next.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
