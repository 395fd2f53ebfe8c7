"""Map Lightspeed's AccountSnapshots to checks. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import itertools
from decimal import Decimal

from integrations.lightspeed.mapping.json_fields import (
    Json,
    count,
    flag,
    identifier,
    malformed,
    moment,
    number,
    objects,
    text,
)
from integrations.pos import CheckItem, CheckLine, CheckPayment, OpenCheck
from storekit.money import money_string, round_money, smallest_cash


def to_open_check(snapshot: Json, currency: str) -> OpenCheck:
    """Return the check. `currency` is the venue's: a check names none.

    Raises:
        BadAnswer: it is not as documented.
    """
    account = identifier(snapshot, "ikaccountId", "check")
    if not account:
        raise malformed("check", "has no identifier")
    where = f"check {account}"
    return OpenCheck(
        account=account,
        name=text(snapshot, "name", where),
        table=count(snapshot, "tableNumber", where),
        amount=round_money(number(snapshot, "currentAmount", where) or Decimal(0), currency),
        # No cash step: what was paid is not rounded.
        paid=Decimal(money_string(number(snapshot, "paidAmount", where) or Decimal(0), currency)),
        opened_at=moment(snapshot, "openDate", where),
        payment_references=tuple(
            reference
            for entry in objects(snapshot, "paymentEntries", where)
            if flag(entry, "active", where, default=True)
            and (reference := identifier(entry, "externalReference", where))
        ),
        items=tuple(
            CheckItem(sku, number(line, "quantity", where) or Decimal(0))
            for line in objects(snapshot, "salesEntries", where)
            if flag(line, "active", where, default=True) and (sku := identifier(line, "itemSku", where))
        ),
        uuid=identifier(snapshot, "uuid", where),
        pos_id=identifier(snapshot, "posId", where),
        covers=count(snapshot, "clientCount", where),
        service_charge=round_money(number(snapshot, "serviceCharge", where) or Decimal(0), currency),
        lines=_lines(snapshot, "salesEntries", where, currency),
        payments=_payments(snapshot, where, currency),
    )


def _lines(source: Json, name: str, where: str, currency: str) -> tuple[CheckLine, ...]:
    """Return the lines that have not been voided, with ids of their own.

    The vendor's examples have lines without a uuid, and a sub-line that repeats its parent's.
    """
    found: dict[str, CheckLine] = {}
    for line in objects(source, name, where):
        if not flag(line, "active", where, default=True) or _is_tax(line, where):
            continue
        base = identifier(line, "uuid", where) or identifier(line, "id", where) or identifier(line, "itemSku", where)
        # The same for the same lines in the same order, which is the most that can be had without ids.
        names = (f"{base}-{again}" if again else base for again in itertools.count(0 if base else 1))
        id = next(one for one in names if one not in found)
        found[id] = _to_line(line, id, where, currency)
    return tuple(found.values())


def _to_line(line: Json, id: str, where: str, currency: str) -> CheckLine:
    def amount(name: str) -> Decimal:
        return round_money(number(line, name, where) or Decimal(0), currency)

    quantity = number(line, "quantity", where)
    return CheckLine(
        id=id,
        name=text(line, "itemName", where),
        sku=identifier(line, "itemSku", where),
        quantity=Decimal(1) if quantity is None else quantity,
        unit_price=amount("unitAmount"),
        total=amount("amountWithTax"),
        discount=amount("discountedAmount"),
        modifiers=tuple(
            (text(modifier, "name", where), number(modifier, "quantity", where) or Decimal(1))
            for modifier in objects(line, "modifiers", where)
        ),
        sub_lines=_lines(line, "subLineItems", where, currency),
    )


def _is_tax(line: Json, where: str) -> bool:
    """Return whether a line is nothing but tax: it has no SKU, and costs nothing but its tax."""
    if identifier(line, "itemSku", where) or line.get("amountLessTax") is None:
        return False
    return not number(line, "amountLessTax", where) and bool(number(line, "amountWithTax", where))


def _payments(snapshot: Json, where: str, currency: str) -> tuple[CheckPayment, ...]:
    return tuple(
        CheckPayment(
            amount=Decimal(money_string(number(entry, "amountPaid", where) or Decimal(0), currency)),
            method=text(entry, "paymentMethodDescription", where) or identifier(entry, "paymentMethodCode", where),
            reference=identifier(entry, "externalReference", where),
            at=moment(entry, "paymentDate", where),
        )
        for entry in objects(snapshot, "paymentEntries", where)
        if flag(entry, "active", where, default=True)
    )


def is_reversal(snapshot: Json) -> bool:
    """Return whether the check only takes back another one: the till closes such a check when it renames one.

    Source: integrators' logs. A22096.21 became A22096.22, closed at once with negative amounts and no payment method,
    and went on as A22096.23.
    """
    return _amount(snapshot, "currentAmount") < 0


def settles(snapshot: Json, currency: str) -> bool:
    """Return whether a closed check was paid. One that was emptied by a merge, or is not covered, settles nothing.

    A check without amounts is taken to be paid. What a guest pays in cash may be less by the currency's smallest coin,
    as tills round it. `currency` is the venue's.
    """
    if snapshot.get("currentAmount") is None:
        return True
    amount, paid = _amount(snapshot, "currentAmount"), _paid(snapshot)
    was_emptied = snapshot.get("salesEntries") == [] and not amount and not paid
    return not was_emptied and amount >= 0 and amount - paid <= smallest_cash(currency)


def _paid(snapshot: Json) -> Decimal:
    if snapshot.get("paidAmount") is not None:
        return _amount(snapshot, "paidAmount")
    entries = objects(snapshot, "paymentEntries", "check")
    in_force = (entry for entry in entries if flag(entry, "active", "check", default=True))
    return sum((_amount(entry, "amountPaid") for entry in in_force), Decimal(0))


def _amount(source: Json, name: str) -> Decimal:
    return number(source, name, "check") or Decimal(0)
