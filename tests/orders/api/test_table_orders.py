"""`POST /api/v1/tables/TOKEN/orders`: guests order at their table, and pay with their bill."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from orders.api.table_orders import OrdersByTable
from orders.models import Injection, Order
from storekit.models import Venue
from tables.models import Area, Bill, BillIdentifier, PayAtTable, Table
from tests.orders.conftest import CopperPotMenu


@pytest.fixture
def table(venue: Venue, menu: CopperPotMenu) -> Table:
    PayAtTable.objects.create(venue=venue, enabled=True, ordering=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    return Table.objects.create(venue=venue, area=area, pos_id="7", number=7)


def water(menu: CopperPotMenu, **more: Any) -> dict[str, Any]:
    return {"items": [{"product": str(menu.water.pk), "quantity": 2}], **more}


def post(table: Table, body: Any, *, key: str = "") -> Any:
    address = f"/api/v1/tables/{table.token}/orders"
    return APIClient().post(address, body, format="json", headers={"Idempotency-Key": key or uuid4().hex})


def get(table: Table, order: Any) -> Any:
    return APIClient().get(f"/api/v1/tables/{table.token}/orders/{order}")


def problem(answer: Any) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error["attr"]


def bill(table: Table, account: str, **more: Any) -> Bill:
    amounts = {"total": Decimal(5), "paid": Decimal(0)}
    made = Bill.objects.create(venue=table.venue, table_number=table.number, account=account, **amounts, **more)
    BillIdentifier.objects.create(venue=table.venue, bill=made, identifier=account)
    return made


def test_the_first_order_opens_a_check_at_the_table_and_is_not_paid_for(table: Table, menu: CopperPotMenu) -> None:
    answer = post(table, water(menu, note="No ice"))

    order = Order.objects.select_related("injection").get()
    assert answer.status_code == 201, answer.content
    assert answer.json() == {"id": str(order.pk), "number": 1, "state": "sent", "total": "4.70"}
    assert (order.type, order.status, order.payment_status) == ("dine_in", "placed", "unpaid")
    assert (order.table_number, order.open_account, order.note) == (7, "", "No ice")
    assert order.pay_by is None
    assert order.is_on_the_bill
    assert order.injection.state == Injection.State.WAITING


def test_an_order_is_added_to_the_open_bill_of_the_table(table: Table, menu: CopperPotMenu) -> None:
    bill(table, "A1.1", status=Bill.Status.CLOSED)
    bill(table, "A2.1")

    answer = post(table, water(menu))

    order = Order.objects.get()
    assert (order.open_account, order.table_number) == ("A2.1", None)
    assert get(table, order.pk).json() == answer.json()


def test_at_a_table_with_several_bills_the_guest_chooses(table: Table, menu: CopperPotMenu) -> None:
    bill(table, "A1.1")
    second = bill(table, "A2.1")

    assert problem(post(table, water(menu))) == (409, "choose_bill", None)
    assert post(table, water(menu, bill=str(second.pk))).status_code == 201
    assert Order.objects.get().open_account == "A2.1"


def test_a_bill_of_another_table_is_unknown(table: Table, menu: CopperPotMenu) -> None:
    other = bill(Table.objects.create(venue=table.venue, area=table.area, pos_id="8", number=8), "A1.1")

    for id in (other.pk, "none"):
        assert problem(post(table, water(menu, bill=str(id)))) == (404, "unknown_bill", None)


def test_two_phones_that_order_at_once_open_one_check(table: Table, menu: CopperPotMenu) -> None:
    first = post(table, water(menu)).json()["id"]

    assert problem(post(table, water(menu), key="second")) == (409, "bill_being_opened", None)
    Injection.objects.filter(order=first).update(state=Injection.State.CONFIRMED, account="A1.1")
    assert get(table, first).json()["state"] == "on_the_bill"
    answer = post(table, water(menu), key="second")
    assert answer.status_code == 201, answer.content
    assert Order.objects.get(pk=answer.json()["id"]).open_account == "A1.1"


def test_an_order_that_did_not_reach_the_till_says_so_and_stands_in_nobodys_way(
    table: Table, menu: CopperPotMenu
) -> None:
    first = post(table, water(menu)).json()["id"]
    Injection.objects.update(state=Injection.State.FAILED)

    assert get(table, first).json()["state"] == "failed"
    assert post(table, water(menu)).status_code == 201


def test_the_check_of_guests_who_have_left_is_not_used_again(table: Table, menu: CopperPotMenu) -> None:
    post(table, water(menu))
    Injection.objects.update(state=Injection.State.CONFIRMED, account="A1.1")
    bill(table, "A1.1", status=Bill.Status.CLOSED)

    assert post(table, water(menu)).status_code == 201
    assert Order.objects.latest("number").open_account == ""


def test_the_same_key_orders_once(table: Table, menu: CopperPotMenu) -> None:
    answers = [post(table, water(menu), key="1") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert Order.objects.count() == 1


def test_what_the_kitchen_cannot_make_is_refused(table: Table, menu: CopperPotMenu) -> None:
    menu.water.snoozed_until = "2099-01-01T00:00:00Z"
    menu.water.save()

    assert problem(post(table, water(menu))) == (400, "unavailable", "items.0")
    assert problem(post(table, {"items": []}))[0] == 400
    assert not Order.objects.exists()


@pytest.mark.parametrize("off", [{"ordering": False}, {"enabled": False}])
def test_a_venue_that_has_not_switched_it_on_takes_no_orders(
    table: Table, menu: CopperPotMenu, off: dict[str, bool]
) -> None:
    PayAtTable.objects.update(**off)

    assert post(table, water(menu)).status_code == (409 if "ordering" in off else 404)
    assert not Order.objects.exists()


def test_an_order_is_followed_with_the_code_of_its_own_table_only(table: Table, menu: CopperPotMenu) -> None:
    other = Table.objects.create(venue=table.venue, area=table.area, pos_id="8", number=8)
    order = post(table, water(menu)).json()["id"]

    assert get(other, order).status_code == 404
    assert get(table, "none").status_code == 404


def test_too_many_orders_of_one_table_are_refused(
    table: Table, menu: CopperPotMenu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OrdersByTable, "rate", "1/minute")

    assert [post(table, water(menu)).status_code for _ in range(2)] == [201, 429]
