"""Map Lightspeed's AccountSnapshots to checks. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

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
from integrations.money import to_money
from integrations.pos import CheckItem, OpenCheck


def to_open_check(snapshot: Json) -> OpenCheck:
    """Return the check.

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
        amount=to_money(number(snapshot, "currentAmount", where) or Decimal(0)),
        paid=to_money(number(snapshot, "paidAmount", where) or Decimal(0)),
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
    )
