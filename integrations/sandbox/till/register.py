"""What the till does with what the API accepted: orders and payments are taken or refused, messages are shown."""

from datetime import timedelta
from decimal import Decimal

from integrations.sandbox import clock
from integrations.sandbox.amounts import decimal
from integrations.sandbox.api.errors import Refusal, TillRefusal
from integrations.sandbox.data.venue import STAFF_IDS
from integrations.sandbox.records import Check, Message, Order, PaymentOrder
from integrations.sandbox.state import store
from integrations.sandbox.till import checks, stock
from integrations.sandbox.till.pricing import Pricer
from integrations.sandbox.webhooks_out import notifications

# How often a sleeping till looks whether it is awake.
NAP = 0.1
MESSAGES_KEPT = timedelta(hours=24)
CONSUMER_CONFLICT = "A consumer already exists for this email address with a different external reference."
TOO_LATE = "Not processed before validity ended"


class PaymentRefusal(Exception):
    """The till does not take a payment, for one of the reasons that PAYMENT notifications name."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def take_order(order: Order) -> None:
    """Put an order on the till, or tell why not."""
    if store.faults.till_asleep and not _too_late(order):
        store.later(NAP, lambda: take_order(order))
        return
    try:
        check = _put_on_till(order)
    except (TillRefusal, Refusal) as refusal:
        order.status, order.reason, order.decided_at = "failed", str(refusal), clock.now()
        notifications.order_refused(order, str(refusal))
        return
    order.status, order.account, order.decided_at = "on_till", check.identifier, clock.now()
    notifications.order_taken(order, check)


def show_message(message: Message) -> None:
    """Show and print a message; one that no till was awake for is kept for a day."""
    if not store.faults.till_asleep:
        store.messages.append(message)
    elif clock.now() - message.received_at < MESSAGES_KEPT:
        store.later(NAP, lambda: show_message(message))


def take_payment(payment: PaymentOrder) -> None:
    """Put a payment on its check, or tell why not."""
    if store.faults.till_asleep:
        if _too_late(payment):
            _refuse_payment(payment, TOO_LATE, {"timeout": {"errorKey": "TASK_TIMEOUT", "message": TOO_LATE}})
        else:
            store.later(NAP, lambda: take_payment(payment))
        return
    try:
        check = _apply(payment)
    except PaymentRefusal as refusal:
        payment.error = refusal.kind
        _refuse_payment(payment, str(refusal), {"account": {"type": refusal.kind}})
        return
    payment.status = "applied"
    notifications.payment_taken(payment, check.identifier)
    notifications.check_changed(check)


def _refuse_payment(payment: PaymentOrder, reason: str, errors: dict[str, object]) -> None:
    payment.status, payment.reason = "failed", reason
    notifications.payment_refused(payment, reason, errors)


def _too_late(task: Order | PaymentOrder) -> bool:
    return task.deadline is not None and task.deadline <= clock.now()


def _put_on_till(order: Order) -> Check:
    if _too_late(order):
        raise TillRefusal(TOO_LATE)
    if store.faults.refuse_orders:
        raise TillRefusal(store.faults.refuse_orders)
    profile = order.body.get("accountProfileCode")
    lines = Pricer(store.catalogues[order.location], profile, clock.now()).lines(order.body.get("items", []))
    amount, tip = _payment_of(order)
    check = _account_of(order)
    due = sum((line.total for line in lines), check.due if check else Decimal(0))
    if amount > due:
        raise TillRefusal("Could not add payment: the amount is more than what is due")
    _remember_consumer(order)
    stock.sell(order.location, lines)
    check = check or _open_account(order, profile)
    check.lines.extend(lines)
    if "payment" in order.body:
        method = order.body["payment"]["paymentMethod"]
        checks.record_payment(check, method=method, amount=amount, tip=tip, reference=order.reference)
    if order.endpoint_id not in check.endpoint_ids:
        check.endpoint_ids.append(order.endpoint_id)
    return check


def _payment_of(order: Order) -> tuple[Decimal, Decimal]:
    """Return the payment without the tip, and the tip: in an order the one includes the other."""
    payment = order.body.get("payment", {})
    tip = decimal(payment.get("tipAmount"))
    return decimal(payment.get("paymentAmount")) - tip, tip


def _account_of(order: Order) -> Check | None:
    identifier = order.body.get("accountIdentifier")
    if identifier is None:
        return None
    try:
        return checks.find_open(order.location, identifier)
    except Refusal as refusal:
        raise TillRefusal(f"Could not add to account {identifier} (not found)") from refusal


def _open_account(order: Order, profile: str | None) -> Check:
    body = order.body
    customer = body["customerInfo"]
    check = checks.open_check(
        order.location,
        name=f"{customer['firstName']} {customer.get('lastName', '')}".strip(),
        table=int(body["tableNumber"]) if order.kind == "local" else None,
        clients=body.get("clientCount", 1),
    )
    check.reference, check.profile = order.reference, profile
    check.collection_code, check.note = body.get("collectionCode"), body.get("orderNote", "")
    return check


def _remember_consumer(order: Order) -> None:
    customer = order.body["customerInfo"]
    email, reference = customer.get("email"), customer.get("thirdPartyReference")
    if email is None or reference is None:
        return
    if store.consumers.setdefault(email.lower(), reference) != reference:
        raise TillRefusal(CONSUMER_CONFLICT)


def _apply(payment: PaymentOrder) -> Check:
    body = payment.body
    if store.faults.refuse_payments:
        raise PaymentRefusal(store.faults.refuse_payments, "The till refused the payment")
    check = store.checks.get(body.get("iKaccountIdentifier", ""))
    if check is None or check.location != payment.location:
        raise PaymentRefusal("ACCOUNT_NOT_FOUND", "Account not found")
    if check.state == "closed":
        raise PaymentRefusal("ACCOUNT_ALREADY_CLOSED", "Account is already closed")
    method = body.get("paymentMethod", "")
    if checks.method_name(method) is None:
        raise PaymentRefusal("PAYMENT_METHOD_NOT_FOUND", "Payment method not found")
    if "staffId" in body and body["staffId"] not in STAFF_IDS:
        raise PaymentRefusal("STAFF_NOT_FOUND", "Staff not found")
    amount, tip = decimal(body["paymentAmount"]), decimal(body.get("tipAmount"))
    if amount > check.due:
        raise PaymentRefusal("OVERPAID", "Payment amount exceeds the amount due")
    checks.record_payment(check, method=method, amount=amount, tip=tip, reference=payment.reference)
    if payment.endpoint_id not in check.endpoint_ids:
        check.endpoint_ids.append(payment.endpoint_id)
    return check
