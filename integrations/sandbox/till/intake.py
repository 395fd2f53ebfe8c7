"""What the till does with accepted orders, payments and messages: it takes, refuses or shows them."""

from datetime import timedelta
from decimal import Decimal

from integrations.sandbox import clock
from integrations.sandbox.amounts import decimal
from integrations.sandbox.api.errors import Refusal, TillRefusal
from integrations.sandbox.data.venue import DEFAULT_METHOD, STAFF_IDS
from integrations.sandbox.outbox import notifications
from integrations.sandbox.records import Check, Line, Message, Order, PaymentTask
from integrations.sandbox.state import store
from integrations.sandbox.till import checks, reasons, stock
from integrations.sandbox.till.pricing import Pricer

# Seconds between two attempts of a sleeping till.
NAP = 0.1
MESSAGES_KEPT = timedelta(hours=24)


class PaymentRefusal(Exception):
    """The till refuses a payment, for one of the kinds that PAYMENT notifications name."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


def take_order(order: Order) -> None:
    """Put an order on the till, or notify why not. A sleeping till keeps it until it wakes or the order expires."""
    if store.faults.till_asleep and not _too_late(order):
        store.later(NAP, lambda: take_order(order))
        return
    try:
        check = _put_on_till(order)
    except (TillRefusal, Refusal) as refusal:
        order.status, order.reason, order.decided_at = "failed", str(refusal), clock.now()
        notifications.order_failed(order, str(refusal))
        return
    order.status, order.account, order.decided_at = "on_till", check.identifier, clock.now()
    notifications.order_arrived(order, check)
    # Seen for orders that open a table's check. One that is added to an open check leaves its identifier.
    opens_check = not order.body.get("accountIdentifier")
    if store.habits.rename_table_orders and opens_check and check.table is not None:
        checks.rename(check)


def show_message(message: Message) -> None:
    """Show a message. A sleeping till keeps it for a day."""
    if not store.faults.till_asleep:
        store.messages.append(message)
    elif clock.now() - message.received_at < MESSAGES_KEPT:
        store.later(NAP, lambda: show_message(message))


def take_payment(payment: PaymentTask) -> None:
    """Put a payment on its check, or notify why not."""
    if store.faults.till_asleep:
        if _too_late(payment):
            timeout = {"errorKey": "TASK_TIMEOUT", "message": reasons.TOO_LATE}
            _refuse_payment(payment, reasons.TOO_LATE, {"timeout": timeout})
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
    notifications.payment_applied(payment, check.identifier)
    notifications.check_changed(check)


def _refuse_payment(payment: PaymentTask, reason: str, errors: dict[str, object]) -> None:
    payment.status, payment.reason = "failed", reason
    notifications.payment_failed(payment, reason, errors)


def _too_late(task: Order | PaymentTask) -> bool:
    return task.deadline is not None and task.deadline <= clock.now()


def _put_on_till(order: Order) -> Check:
    if _too_late(order):
        raise TillRefusal(reasons.TOO_LATE)
    if store.faults.refuse_orders:
        raise TillRefusal(store.faults.refuse_orders)
    _check_readiness(order.location)
    profile = order.body.get("accountProfileCode")
    lines = Pricer.at(order.location, profile).lines(order.body.get("items", []))
    _check_connected(order.location, lines)
    amount, tip = _payment_of(order)
    check = _account_of(order)
    due = sum((line.total for line in lines), check.due if check else Decimal(0))
    if amount > due:
        raise TillRefusal(reasons.overpaid_order())
    _remember_consumer(order)
    stock.sell(order.location, lines)
    check = check or _open_account(order, profile)
    check.lines.extend(lines)
    if "payment" in order.body:
        method = order.body["payment"].get("paymentMethod", DEFAULT_METHOD)
        checks.record_payment(check, method=method, amount=amount, tip=tip, reference=order.reference)
    if order.endpoint_id not in check.endpoint_ids:
        check.endpoint_ids.append(order.endpoint_id)
    return check


def _check_readiness(location: int) -> None:
    """Refuse orders while the location is not ready, where the habit says so."""
    if not store.habits.readiness_enforced:
        return
    now = store.readiness[location]
    if not (now.enabled and now.opened and now.accepting):
        raise TillRefusal(reasons.NOT_ACCEPTING)
    if now.devices == 0:
        raise TillRefusal(reasons.NO_DEVICES)


def _check_connected(location: int, lines: list[Line]) -> None:
    """Refuse items on no menu of the till, and everything while a till has not reloaded the changed menu."""
    for line in (inner for outer in lines for inner in outer.tree()):
        if (location, line.sku) in store.disconnected:
            raise TillRefusal(reasons.not_found(reasons.item_id(line.sku)))
    if store.faults.stale_tills and lines:
        store.faults.stale_tills -= 1
        raise TillRefusal(reasons.stale_menu(lines[0].sku, location))


def _payment_of(order: Order) -> tuple[Decimal, Decimal]:
    """Return the payment without its tip, and the tip. The `paymentAmount` of an order includes the tip."""
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
        raise TillRefusal(reasons.CONSUMER_CONFLICT)


def _apply(payment: PaymentTask) -> Check:
    body = payment.body
    if store.faults.refuse_payments:
        raise PaymentRefusal(store.faults.refuse_payments, "The till refused the payment")
    check = store.checks.get(body.get("iKaccountIdentifier", ""))
    if check is None or check.location != payment.location:
        raise PaymentRefusal("ACCOUNT_NOT_FOUND", "Account not found")
    if check.state == "closed":
        raise PaymentRefusal("ACCOUNT_ALREADY_CLOSED", "Account is already closed")
    method = body.get("paymentMethod", DEFAULT_METHOD)
    if checks.method_name(method) is None:
        raise PaymentRefusal("PAYMENT_METHOD_NOT_FOUND", "Payment method not found")
    if "staffId" in body and body["staffId"] not in STAFF_IDS:
        raise PaymentRefusal("STAFF_NOT_FOUND", "Staff not found")
    amount, tip = decimal(body["paymentAmount"]), decimal(body.get("tipAmount"))
    if amount > check.due:
        raise PaymentRefusal("OVERPAID", reasons.overpaid_check())
    checks.record_payment(check, method=method, amount=amount, tip=tip, reference=payment.reference)
    if payment.endpoint_id not in check.endpoint_ids:
        check.endpoint_ids.append(payment.endpoint_id)
    return check
