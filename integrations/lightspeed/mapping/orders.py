"""An order as Lightspeed's calls for orders take it. Pure: a ticket in, JSON out.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from integrations.lightspeed.mapping.json_fields import Json
from integrations.money import to_money
from integrations.pos import OrderTicket, TicketAddress, TicketCustomer, TicketLine, TicketPayment

_SHORTEST_DELIVERY = timedelta(minutes=1)
_LONGEST_NAME = 128


def to_go_body(*, ticket: OrderTicket, location: int, endpoint_id: str, now: datetime) -> Json:
    """The body of `POST /o/op/1/order/toGo`, for what leaves the house. Takes what `local_body` does."""
    body = _body(ticket, location, endpoint_id, now)
    body["items"] = [_line(line) for line in ticket.lines]
    return body | ({"deliveryAddress": _address(ticket.address)} if ticket.address else {})


def local_body(*, ticket: OrderTicket, location: int, endpoint_id: str, now: datetime) -> Json:
    """The body of `POST /o/op/1/order/local`, for a table or an open check. Fields without a value are left out.

    Args:
        ticket: the order.
        location: the business location's id, a JSON integer for the POS.
        endpoint_id: the webhook endpoint that hears of the outcome.
        now: an aware time: the POS refuses collection times that are not ahead of it, so one that has passed, or will
            have within a minute, is left out; the order is due anyway.
    """
    body = _body(ticket, location, endpoint_id, now)
    body["items"] = [_line(line) | _course(line) for line in ticket.lines]
    if ticket.account:
        # The table and the number of guests of an open check cannot be changed by an order.
        return body | {"accountIdentifier": ticket.account}
    if ticket.table is not None:
        # A string here, an integer where checks are asked for.
        body["tableNumber"] = str(ticket.table)
    return body | ({"clientCount": ticket.covers} if ticket.covers else {})


def _body(ticket: OrderTicket, location: int, endpoint_id: str, now: datetime) -> Json:
    patience = max(ticket.deliver_within, _SHORTEST_DELIVERY)
    body: Json = {
        "businessLocationId": location,
        "thirdPartyReference": ticket.reference,
        "endpointId": endpoint_id,
        "customerInfo": _customer(ticket.customer),
        "maxTimeToAttemptOrderDeliverToPos": patience // timedelta(milliseconds=1),
    }
    optional = {
        "orderNote": ticket.note,
        "accountProfileCode": ticket.order_profile,
        "collectionCode": ticket.collection_code,
        "orderCollectionTimeAsIso8601": _ahead(ticket.collection_time, now),
        "payment": _payment(ticket.payment) if ticket.payment else None,
    }
    return body | {name: value for name, value in optional.items() if value}


def _customer(customer: TicketCustomer) -> Json:
    """The consumer's reference goes with the e-mail address only: Lightspeed ties the two together for ever."""
    info: Json = {
        "firstName": customer.first_name.strip()[:_LONGEST_NAME] or "Guest",
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
    """An item of an order. Only these, and none of what is chosen on them, can be discounted."""
    body = _item(line)
    if line.discount:
        body["discountCode"] = line.discount.code
        body["discountAmountOverride"] = _number(line.discount.amount)
    return body


def _course(line: TicketLine) -> Json:
    """Only the lines of orders to a table have one; 0 is a course too."""
    return {} if line.course is None else {"course": line.course}


def _item(line: TicketLine) -> Json:
    """Instructions travel as `modifiers`; product modifiers and a deal's chosen items as `subItems`."""
    body: Json = {"quantity": line.quantity, "sku": line.sku}
    if line.name:
        body["customItemName"] = line.name
    if line.unit_price is not None:
        # An item whose price counts negatively, a discount's, takes the magnitude.
        body["customItemPrice"] = _number(abs(line.unit_price))
    if line.instructions:
        body["modifiers"] = [{"modifierId": instruction} for instruction in line.instructions]
    if line.choices:
        body["subItems"] = [_item(choice) for choice in line.choices]
    return body


def _payment(payment: TicketPayment) -> Json:
    """In an order, unlike in a payment to a check, the amount includes the tip."""
    return {
        "paymentMethod": payment.method,
        "paymentAmount": _number(payment.amount + payment.tip),
        "tipAmount": _number(payment.tip),
    }


def _number(amount: Decimal) -> float:
    """A JSON number. Exact on the wire: a float is written with the fewest digits that identify it, which for up to
    15 digits are the ones that it was made from.
    """
    return float(to_money(amount))


def _ahead(moment: datetime | None, now: datetime) -> str:
    if moment is None or moment < now + timedelta(minutes=1):
        return ""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
