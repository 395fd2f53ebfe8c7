"""PaymentIntents: create, confirm, capture, cancel. Source: the API reference and the life cycle of PaymentIntents."""

import secrets
import time

from tests.support.stripe_stand_in import forms, money
from tests.support.stripe_stand_in.cards import AT_A_BANK, CARDS, MANUAL, MESSAGES, SWITCHED_ON, BankCard
from tests.support.stripe_stand_in.problems import Json, Problem, invalid, missing, wrong_state
from tests.support.stripe_stand_in.records import Account, new_charge, new_name

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELLABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
_ONLY_WHEN_CONFIRMING = ("return_url", "confirmation_token", "off_session")

_CONFIRMING = {
    "payment_method": forms.text(100),
    "payment_method_data": forms.anything,
    "confirmation_token": forms.text(100),
    "return_url": forms.address,
    "receipt_email": forms.text(500),
    "expand": forms.texts,
    "client_secret": forms.text(200),
}
_CREATING = {
    **_CONFIRMING,
    "amount": forms.whole_number,
    "currency": forms.text(3),
    "capture_method": forms.one_of("automatic", "automatic_async", "manual"),
    "confirm": forms.one_of("true", "false"),
    "description": forms.text(1000),
    "metadata": forms.metadata,
    "statement_descriptor_suffix": forms.suffix,
    "allowed_payment_method_types": forms.texts,
    "automatic_payment_methods": forms.anything,
    "payment_method_options": forms.anything,
}
_CAPTURING = {"amount_to_capture": forms.whole_number, "expand": forms.texts, "metadata": forms.metadata}
_CANCELLING = {
    "cancellation_reason": forms.one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
    "expand": forms.texts,
}


def create(account: Account, parameters: Json) -> Json:
    """Make an intent, and confirm it if asked."""
    if "payment_method_types" in parameters:
        message = "payment_method_types is no longer supported."
        raise invalid(message, param="payment_method_types", code="payment_method_types_no_longer_supported")
    forms.check(parameters, _CREATING, needed=("amount", "currency"))
    amount, currency = int(parameters["amount"]), parameters["currency"]
    money.check(amount, currency)
    confirm = parameters.get("confirm") == "true"
    for name in () if confirm else _ONLY_WHEN_CONFIRMING:
        if name in parameters:
            raise invalid(f"{name} may only be used when confirming this PaymentIntent.", param=name)
    options = parameters.get("payment_method_options", {})
    for method, chosen in options.items():
        if chosen.get("capture_method") == "manual" and method not in MANUAL:
            raise invalid(f"{method} cannot be captured manually.", param=f"payment_method_options[{method}]")
    name = new_name("pi")
    intent: Json = {
        "id": name,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": parameters.get("capture_method", "automatic_async"),
        "client_secret": f"{name}_secret_{secrets.token_hex(8)}",
        "created": int(time.time()),
        "currency": currency,
        "description": parameters.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": parameters.get("metadata", {}),
        "next_action": None,
        "payment_method": None,
        "payment_method_options": options,
        "payment_method_types": _methods(parameters, currency),
        "receipt_email": parameters.get("receipt_email"),
        "statement_descriptor_suffix": parameters.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
    }
    account.intents[name] = intent
    account.tell("payment_intent.created", intent)
    return confirm_with(account, intent, parameters) if confirm else intent


def _methods(parameters: Json, currency: str) -> list[str]:
    """Return what the intent takes: what is allowed, switched on, fit for the currency and for how it is captured."""
    if "allowed_payment_method_types" in parameters and "automatic_payment_methods" in parameters:
        raise invalid("Pass one of allowed_payment_method_types and automatic_payment_methods.")
    methods = [
        method
        for method in parameters.get("allowed_payment_method_types", SWITCHED_ON)
        if method in SWITCHED_ON
        and currency in AT_A_BANK.get(method, (currency,))
        and (method in MANUAL or parameters.get("capture_method") != "manual")
    ]
    if not methods:
        raise invalid("No valid payment method types for this PaymentIntent.", param="allowed_payment_method_types")
    return methods


def confirm(account: Account, name: str, parameters: Json) -> Json:
    """Try to pay."""
    forms.check(parameters, _CONFIRMING)
    return confirm_with(account, account.intent(name), parameters)


def confirm_with(account: Account, intent: Json, parameters: Json) -> Json:
    """Try to pay with what the parameters name. Raises a `Problem` of status 402 if the card is declined."""
    if intent["status"] not in _CONFIRMABLE:
        raise wrong_state(intent, "confirm", _CONFIRMABLE)
    if "return_url" not in parameters:
        raise invalid("Some of these payment methods leave your page: provide a `return_url`.", param="return_url")
    method, kind = _payment_method(account, intent, parameters)
    if kind not in intent["payment_method_types"]:
        raise invalid(f"The payment method type {kind} cannot be used for this PaymentIntent.", param="payment_method")
    account.kinds[method] = kind
    intent |= {"payment_method": method, "last_payment_error": None, "next_action": None}
    card = CARDS.get(method)
    if card is None or card.asks:
        # The guest goes on at the bank: `StandIn.guest_confirms`.
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": parameters.get("return_url")}}
        intent |= {"status": "requires_action", "next_action": action}
        account.tell("payment_intent.requires_action", intent)
        return intent
    return attempt(account, intent, kind=kind, card=card)


def _payment_method(account: Account, intent: Json, parameters: Json) -> tuple[str, str]:
    """Return the payment method's name and type."""
    given = parameters.get("payment_method")
    if "confirmation_token" in parameters:
        token = parameters["confirmation_token"]
        if token not in account.tokens:
            raise missing("confirmation_token", token, param="confirmation_token")
        given = account.tokens[token]
    if given is None and "payment_method_data" in parameters:
        kind = parameters["payment_method_data"].get("type", "")
        if kind not in AT_A_BANK:
            raise invalid("Only methods at a bank are made from data here.", param="payment_method_data[type]")
        return new_name("pm"), kind
    if given is None:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise Problem(400, message, code="payment_intent_unexpected_state", payment_intent=intent)
    if given not in CARDS:
        raise missing("PaymentMethod", given, param="payment_method")
    return given, "card"


def attempt(account: Account, intent: Json, *, kind: str, card: BankCard | None) -> Json:
    """Charge or authorise. Raises a `Problem` of status 402 if the card is declined."""
    details: Json = {"type": kind}
    if card is not None:
        details["card"] = {"brand": card.brand, "last4": card.last4, "wallet": None}
    if card is not None and card.code:
        return _decline(account, intent, details, card)
    is_manual = "manual" in (intent["capture_method"], capture_method_of(intent, kind))
    charge = new_charge(account, intent, details, captured=not is_manual)
    intent["next_action"] = None
    if is_manual:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        account.tell("payment_intent.amount_capturable_updated", intent)
    else:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        account.tell("payment_intent.succeeded", intent)
    account.tell("charge.succeeded", charge)
    return intent


def capture_method_of(intent: Json, kind: str) -> str:
    options: Json = intent["payment_method_options"].get(kind, {})
    return str(options.get("capture_method", ""))


def _decline(account: Account, intent: Json, details: Json, card: BankCard) -> Json:
    message = MESSAGES.get(card.decline_code, "Your card was declined.")
    error = {"type": "card_error", "code": card.code, "decline_code": card.decline_code, "message": message}
    charge = new_charge(account, intent, details, captured=False, failure=error)
    fail(account, intent, error | {"charge": charge["id"]})
    raise Problem(
        402,
        message,
        type="card_error",
        code=card.code,
        decline_code=card.decline_code,
        charge=charge["id"],
        payment_intent=dict(intent),
    )


def fail(account: Account, intent: Json, error: Json) -> None:
    """Let the guest try again after this error."""
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent["last_payment_error"] = error
    account.tell("payment_intent.payment_failed", intent)


def capture(account: Account, name: str, parameters: Json) -> Json:
    """Take what was authorised, or a part of it; the remainder is released."""
    forms.check(parameters, _CAPTURING)
    intent = account.intent(name)
    charge = account.charge_of(intent)
    if intent["status"] != "requires_capture" or charge is None:
        raise wrong_state(intent, "capture", ("requires_capture",))
    amount = int(parameters.get("amount_to_capture") or intent["amount_capturable"])
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param="amount_to_capture")
    if amount > intent["amount_capturable"]:
        message = "The amount to capture is greater than the amount you can capture."
        raise invalid(message, param="amount_to_capture", code="amount_too_large")
    charge |= {"captured": True, "amount_captured": amount}
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    account.tell("charge.captured", charge)
    account.tell("payment_intent.succeeded", intent)
    return intent


def cancel(account: Account, name: str, parameters: Json) -> Json:
    """Give up an intent; what was authorised is released."""
    forms.check(parameters, _CANCELLING)
    intent = account.intent(name)
    if intent["status"] not in _CANCELLABLE:
        raise wrong_state(intent, "cancel", _CANCELLABLE)
    return end(account, intent, reason=parameters.get("cancellation_reason"))


def end(account: Account, intent: Json, *, reason: str | None) -> Json:
    """Cancel an intent in any state that allows it."""
    charge = account.charge_of(intent)
    if reason == "expired" and charge is not None:
        account.tell("charge.expired", charge)
    intent |= {"status": "canceled", "cancellation_reason": reason, "canceled_at": int(time.time())}
    intent |= {"amount_capturable": 0, "next_action": None}
    account.tell("payment_intent.canceled", intent)
    return intent
