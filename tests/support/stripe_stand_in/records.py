"""What one account has: its intents, charges, refunds and events, as Stripe writes them."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.stripe_stand_in.problems import Json, missing

Publish = Callable[["Account", str, Json], None]


def new_name(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


@dataclass
class Account:
    """One account's objects. `name` is empty for the platform's own."""

    name: str
    publish: Publish
    """Tells the endpoints of a change: the account, the event's type and the object."""
    intents: dict[str, Json] = field(default_factory=dict)
    charges: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    answers: dict[str, Json] = field(default_factory=dict)
    """What is kept for keys."""
    tokens: dict[str, str] = field(default_factory=dict)
    """Confirmation tokens and the payment method of each."""
    kinds: dict[str, str] = field(default_factory=dict)
    """The type of each payment method that was used."""

    def intent(self, name: str, *, param: str = "intent") -> Json:
        if name not in self.intents:
            raise missing("payment_intent", name, param=param)
        return self.intents[name]

    def charge_of(self, intent: Json) -> Json | None:
        return self.charges.get(intent["latest_charge"] or "")

    def tell(self, kind: str, about: Json) -> None:
        self.publish(self, kind, about)


def new_charge(account: Account, intent: Json, details: Json, *, captured: bool, failure: Json | None = None) -> Json:
    """Make the charge of an attempt to pay; return it."""
    taken = intent["amount"] if captured and not failure else 0
    charge = {
        "id": new_name("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": taken,
        "amount_refunded": 0,
        "captured": bool(taken),
        "created": int(time.time()),
        "currency": intent["currency"],
        "description": intent["description"],
        "failure_code": failure["code"] if failure else None,
        "failure_message": failure["message"] if failure else None,
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": not failure,
        "payment_intent": intent["id"],
        "payment_method_details": details,
        "refunded": False,
        "status": "failed" if failure else "succeeded",
    }
    account.charges[str(charge["id"])] = charge
    intent["latest_charge"] = charge["id"]
    return charge


def shown(account: Account, intent: Json, *, expand: list[str]) -> Json:
    """Return a copy of an intent, with the charge in it if asked for."""
    copy = dict(intent)
    if "latest_charge" in expand and intent["latest_charge"]:
        copy["latest_charge"] = dict(account.charges[intent["latest_charge"]])
    return copy
