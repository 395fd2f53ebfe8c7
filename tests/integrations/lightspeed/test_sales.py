"""A closed sale, looked up by the order that it came of."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
import responses
from responses import matchers

from integrations.lightspeed.adapter import LightspeedPos
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.sales import to_closed_sale
from integrations.pos import BadAnswer, CheckPayment, NotFound

URL = "https://pos.example/f/finance/7/saleByExternalReference"


class Tokens:
    def access_token(self) -> str:
        return "token"

    def renewed(self, stale: str) -> str:
        return stale


@pytest.fixture
def pos() -> Iterator[LightspeedPos]:
    with responses.mock:
        http = LightspeedHttp("https://pos.example", Tokens())
        yield LightspeedPos(http=http, business_location_id="7", endpoint_id="e", currency="GBP")


def test_a_sale_is_asked_for_by_the_orders_reference(pos: LightspeedPos) -> None:
    payment = {"code": "APM", "netAmountWithTax": "12.50", "tip": "1.00", "type": "NORMAL"}
    sale = {
        "accountReference": "uuid-1",
        "accountFiscId": "A1.2",
        "payments": [
            {**payment, "description": "Pay at table", "externalReference": "pay-1-1"},
            {**payment, "externalReference": "pay-2-1", "type": "VOID"},
        ],
    }
    query = matchers.query_param_matcher({"externalReferenceId": "TASK:OO-7-order-1"})
    responses.get(URL, json=sale, match=[query])

    found = pos.sale_of("order-1")

    assert (found.account, found.uuid, found.cancelled) == ("A1.2", "uuid-1", False)
    assert found.payments == (CheckPayment(Decimal("12.50"), "Pay at table", "pay-1-1", None),)


def test_an_order_of_which_no_sale_came_is_not_found(pos: LightspeedPos) -> None:
    responses.get(URL, json={"message": "No sale found"}, status=404)
    with pytest.raises(NotFound):
        pos.sale_of("order-1")


def test_a_sale_that_is_not_as_documented_cannot_be_read() -> None:
    with pytest.raises(BadAnswer):
        to_closed_sale({"payments": "none"}, "GBP")
