"""Refunds: never more than was captured and not given back yet."""

import time

from tests.support.stripe_stand_in import forms
from tests.support.stripe_stand_in.problems import Json, Problem, invalid, missing
from tests.support.stripe_stand_in.records import Account, new_name

_CREATING = {
    "payment_intent": forms.text(100),
    "charge": forms.text(100),
    "amount": forms.whole_number,
    "reason": forms.one_of("duplicate", "fraudulent", "requested_by_customer"),
    "metadata": forms.metadata,
    "expand": forms.texts,
}
_LISTING = {"payment_intent": forms.text(100), "limit": forms.whole_number}


def create(account: Account, parameters: Json) -> Json:
    """Give money back."""
    forms.check(parameters, _CREATING)
    charge = _charge(account, parameters)
    if not charge["captured"]:
        raise Problem(400, "This charge was not captured: cancel its PaymentIntent.", code="charge_not_refundable")
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = int(parameters.get("amount", left))
    if left == 0:
        raise Problem(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param="amount")
    if amount > left:
        raise Problem(400, f"Refund amount ({amount}) is greater than unrefunded amount ({left}).", param="amount")
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    refund = {
        "id": new_name("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": int(time.time()),
        "currency": charge["currency"],
        "metadata": parameters.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": parameters.get("reason"),
        "status": "succeeded",
    }
    account.refunds[str(refund["id"])] = refund
    account.tell("refund.created", refund)
    account.tell("charge.refunded", charge)
    return refund


def _charge(account: Account, parameters: Json) -> Json:
    if "payment_intent" in parameters:
        intent = account.intent(parameters["payment_intent"], param="payment_intent")
        charge = account.charge_of(intent)
        if charge is None:
            raise Problem(400, "This PaymentIntent does not have a successful charge to refund.")
        return charge
    name = parameters.get("charge", "")
    if name not in account.charges:
        raise missing("charge", name, param="charge")
    return account.charges[name]


def listed(account: Account, parameters: Json) -> Json:
    """Return refunds, newest first."""
    forms.check(parameters, _LISTING)
    wanted = parameters.get("payment_intent")
    if wanted is not None:
        account.intent(wanted, param="payment_intent")
    found = [it for it in account.refunds.values() if wanted in (None, it["payment_intent"])][::-1]
    limit = int(parameters.get("limit", 10))
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100.", param="limit")
    return {"object": "list", "url": "/v1/refunds", "has_more": len(found) > limit, "data": found[:limit]}
