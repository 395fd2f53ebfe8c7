"""Map an order ticket to the JSON of Lightspeed's order calls. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from integrations.lightspeed.mapping.json_fields import Json
from integrations.pos import OrderTicket, TicketAddress, TicketCustomer, TicketLine, TicketPayment

_MIN_VALIDITY = timedelta(minutes=1)
_MAX_NAME_LENGTH = 128


def to_go_body(*, ticket: OrderTicket, location: int, endpoint_id: str, now: datetime) -> Json:
    """Return the body of `POST /o/op/1/order/toGo`, for pickup and delivery. Takes what `local_body` does."""
    body = _body(ticket, location, endpoint_id, now)
    body["items"] = [_line(line) for line in ticket.lines]
    return body | ({"deliveryAddress": _address(ticket.address)} if ticket.address else {})


def local_body(*, ticket: OrderTicket, location: int, endpoint_id: str, now: datetime) -> Json:
    """Return the body of `POST /o/op/1/order/local`, for a table or an open check, without empty fields.

    Args:
        ticket: the order.
        location: the business location's id; the POS expects a JSON integer.
        endpoint_id: the webhook endpoint that is notified of the outcome.
        now: an aware time. The POS refuses collection times in the past, so one that is less than a minute ahead is
            left out; the order is due anyway.
    """
    body = _body(ticket, location, endpoint_id, now)
    body["items"] = [_line(line) | _course(line) for line in ticket.lines]
    if ticket.account:
        # An order cannot change the table or the number of guests of an open check.
        return body | {"accountIdentifier": ticket.account}
    if ticket.table is not None:
        # A string here, but an integer in the call for checks.
        body["tableNumber"] = str(ticket.table)
    return body | ({"clientCount": ticket.covers} if ticket.covers else {})


def tax_preview_body(*, lines: Sequence[TicketLine], order_profile: str) -> Json:
    """Return the body of `POST /tp/v1/business-locations/{bl}/tax-breakdown`, which knows one level of choices."""
    items = [
        _sku_and_quantity(line)
        | ({"subItems": [_sku_and_quantity(choice) for choice in line.choices]} if line.choices else {})
        for line in lines
    ]
    return {"items": items} | ({"accountProfileCode": order_profile} if order_profile else {})


def _sku_and_quantity(line: TicketLine) -> Json:
    return {"sku": line.sku, "quantity": line.quantity}


def _body(ticket: OrderTicket, location: int, endpoint_id: str, now: datetime) -> Json:
    validity = max(ticket.deliver_within, _MIN_VALIDITY)
    body: Json = {
        "businessLocationId": location,
        "thirdPartyReference": ticket.reference,
        "endpointId": endpoint_id,
        "customerInfo": _customer(ticket.customer),
        "maxTimeToAttemptOrderDeliverToPos": validity // timedelta(milliseconds=1),
    }
    optional = {
        "orderNote": ticket.note,
        "accountProfileCode": ticket.order_profile,
        "collectionCode": ticket.collection_code,
        "orderCollectionTimeAsIso8601": _future_time(ticket.collection_time, now),
        "payment": _payment(ticket.payment) if ticket.payment else None,
    }
    return body | {name: value for name, value in optional.items() if value}


def _customer(customer: TicketCustomer) -> Json:
    """Map the customer; send the reference only with an e-mail address, because Lightspeed links the two for good."""
    info: Json = {
        "firstName": customer.first_name.strip()[:_MAX_NAME_LENGTH] or "Guest",
        "emailNotification": "DONT_CHANGE",
    }
    optional = {
        "lastName": customer.last_name,
        "email": customer.email,
        "contactNumberAsE164": customer.phone,
        "thirdPartyReference": customer.reference if customer.email else "",
    }
    return info | {name: value for name, value in optional.items() if value}


def _address(address: TicketAddress) -> Json:
    fields = {
        "addressLine1": address.line1,
        "addressLine2": address.line2,
        "zip": address.postcode,
        "city": address.city,
    }
    return {name: value for name, value in fields.items() if value}


def _line(line: TicketLine) -> Json:
    """Map a line of the order. Only lines can be discounted, not the choices on them."""
    body = _item(line)
    if line.discount:
        body["discountCode"] = line.discount.code
        body["discountAmountOverride"] = _number(line.discount.amount)
    return body


def _course(line: TicketLine) -> Json:
    """Return the course, which only lines of orders to a table have; 0 is a valid course."""
    return {} if line.course is None else {"course": line.course}


def _item(line: TicketLine) -> Json:
    """Map an item: instructions are sent as `modifiers`, product modifiers and a deal's items as `subItems`."""
    body: Json = {"quantity": line.quantity, "sku": line.sku}
    if line.name:
        body["customItemName"] = line.name
    if line.unit_price is not None:
        # A discount's item has a negative price in Lightspeed and expects the absolute amount.
        body["customItemPrice"] = _number(abs(line.unit_price))
    if line.instructions:
        body["modifiers"] = [{"modifierId": instruction} for instruction in line.instructions]
    if line.choices:
        body["subItems"] = [_item(choice) for choice in line.choices]
    return body


def _payment(payment: TicketPayment) -> Json:
    """Map the payment. In an order, unlike in a payment to a check, the amount includes the tip."""
    return {
        "paymentMethod": payment.method,
        "paymentAmount": _number(payment.amount + payment.tip),
        "tipAmount": _number(payment.tip),
    }


def _number(amount: Decimal) -> float:
    """Return a rounded amount as a JSON number.

    This is exact on the wire: a float is written with the fewest digits that identify it, which for up to 15 digits are
    those it was made from.
    """
    return float(amount)


def _future_time(moment: datetime | None, now: datetime) -> str:
    if moment is None or moment < now + timedelta(minutes=1):
        return ""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
