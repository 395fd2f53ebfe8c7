"""Map Lightspeed's sales, which are closed checks. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from decimal import Decimal

from integrations.lightspeed.mapping.json_fields import Json, flag, identifier, number, objects, text
from integrations.pos import CheckPayment, ClosedSale
from storekit.money import money_string


def to_closed_sale(sale: Json, currency: str) -> ClosedSale:
    """Return the sale. `currency` is the venue's. Only its payments of the type NORMAL count.

    Raises:
        BadAnswer: it is not as documented.
    """
    where = "sale"
    return ClosedSale(
        account=identifier(sale, "accountFiscId", where),
        uuid=identifier(sale, "accountReference", where),
        payments=tuple(
            CheckPayment(
                amount=Decimal(money_string(number(payment, "netAmountWithTax", where) or Decimal(0), currency)),
                method=text(payment, "description", where) or identifier(payment, "code", where),
                reference=identifier(payment, "externalReference", where),
                at=None,
            )
            for payment in objects(sale, "payments", where)
            if text(payment, "type", where) in ("", "NORMAL")
        ),
        cancelled=flag(sale, "cancelled", where),
    )
