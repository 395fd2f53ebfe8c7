"""The tips report: by service day of the venue and by method, on a page and as a file."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from orders.models import OrderingHours, OrderingRules
from storekit.models import Venue
from tables.models import Payment
from tables.payments.tips import TipsOfADay, tips_by_day
from tests.tables.gift_cards.cards import a_payment

pytestmark = pytest.mark.django_db

PAGE = "/admin/tables/payment/tips/"
FRIDAY = date(2026, 5, 1)


def paid(venue: Venue, at: datetime, tip: str, *, refunded: str = "0", **columns: Any) -> Payment:
    amounts = {"tip": Decimal(tip), "captured": 30 + Decimal(tip), "refunded": Decimal(refunded)}
    state = Payment.State.REFUNDED if amounts["captured"] == amounts["refunded"] else Payment.State.CAPTURED
    values: dict[str, Any] = {"method": "card", "state": state, "captured_at": at, "applied_at": at, **amounts}
    return a_payment(venue, "30.00", **values | columns)


@pytest.fixture
def evening(venue: Venue) -> None:
    """Friday's service lasts until two; London is an hour ahead of UTC."""
    rules = OrderingRules.objects.create(venue=venue)
    OrderingHours.objects.create(rules=rules, weekday=4, opens=time(18), closes=time(2))
    paid(venue, datetime(2026, 5, 1, 18, tzinfo=UTC), "3.00")
    paid(venue, datetime(2026, 5, 2, 0, 30, tzinfo=UTC), "2.50")
    paid(venue, datetime(2026, 5, 1, 19, tzinfo=UTC), "0")
    paid(venue, datetime(2026, 5, 1, 19, tzinfo=UTC), "1.00", method="gift_card")
    paid(venue, datetime(2026, 5, 2, 11, tzinfo=UTC), "4.00")
    # Given back: the whole, the bill alone, and half of the tip.
    paid(venue, datetime(2026, 5, 1, 19, tzinfo=UTC), "9.00", refunded="39.00")
    paid(venue, datetime(2026, 5, 1, 19, tzinfo=UTC), "1.00", refunded="30.00")
    paid(venue, datetime(2026, 5, 1, 19, tzinfo=UTC), "2.00", refunded="31.00")
    # Captured first, refused by the till and given back.
    paid(venue, datetime(2026, 5, 1, 19, tzinfo=UTC), "8.00", state="refunded", applied_at=None)


def test_tips_are_counted_by_service_day_and_method(venue: Venue, evening: None) -> None:
    saturday = TipsOfADay(date(2026, 5, 2), "Card", 1, 1, Decimal("4.00"))

    assert tips_by_day(venue=venue, first=FRIDAY, last=date(2026, 5, 2)) == [
        saturday,
        TipsOfADay(FRIDAY, "Card", 6, 4, Decimal("7.50")),
        TipsOfADay(FRIDAY, "Gift card", 1, 1, Decimal("1.00")),
    ]
    assert tips_by_day(venue=venue, first=date(2026, 5, 2), last=date(2026, 5, 2)) == [saturday]


def test_the_page_shows_this_week_and_the_file_has_the_same(venue: Venue, evening: None, bens_browser: Client) -> None:
    with time_machine.travel(datetime(2026, 5, 2, 12, tzinfo=UTC), tick=False):
        shown = bens_browser.get(PAGE).content.decode()
        file: Any = bens_browser.get(PAGE, {"export": "csv"})
        assert f'href="{PAGE}"' in bens_browser.get("/admin/tables/payment/").content.decode()

    for words in ('value="2026-04-27"', "Fri 1 May 2026", "£12.50", "4 of 6"):
        assert words in shown
    assert file.headers["Content-Disposition"] == ('attachment; filename="copper-pot-tips-2026-04-27-2026-05-02.csv"')
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert lines == [
        "day,method,payments,with a tip,tips,currency",
        "2026-05-02,Card,1,1,4.00,GBP",
        "2026-05-01,Card,6,4,7.50,GBP",
        "2026-05-01,Gift card,1,1,1.00,GBP",
    ]


@pytest.mark.parametrize(
    "days",
    [
        {"first": "2026-05-02", "last": "2026-05-01"},
        {"first": "2020-01-01", "last": "2026-05-01"},
        {"first": "0001-01-01", "last": "0001-01-01"},
        {"first": "9999-12-31", "last": "9999-12-31"},
        {"first": "yesterday"},
    ],
)
def test_days_that_make_no_sense_are_refused(venue: Venue, bens_browser: Client, days: dict[str, str]) -> None:
    answer = bens_browser.get(PAGE, days)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_other_venues_tips_are_not_shown(venue: Venue, evening: None, zoes_browser: Client) -> None:
    days = {"venue": "copper-pot", "first": "2026-04-27", "last": "2026-05-03"}

    shown = zoes_browser.get(PAGE, days).content.decode()

    assert "£12.50" not in shown
    assert "Copper Pot" not in shown
