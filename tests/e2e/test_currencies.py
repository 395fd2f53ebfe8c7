"""Yen, Kuwaiti dinars and Swiss francs: menu, basket, order and the check on the till have the currency's amounts."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from integrations.models import Connection
from integrations.sandbox.data.builders import item, menu, modifier, screen
from integrations.sandbox.data.builders import modifier_group as group
from menus.sync.run import sync_menu
from storekit.models import Venue
from tests import factories
from tests.e2e.conftest import Service
from tests.e2e.ordering import assert_the_till_charged_what_was_paid, menu_for, place
from tests.support.processes import Worker

TOTALS = ("items", "discount", "delivery_fee", "service_charge", "tip", "total")


@dataclass(frozen=True)
class Prices:
    """A venue's prices; the beer's price excludes its tax, whose rate is in per cent. `fee` and `tip` are as posted."""

    country: str
    ramen: str
    egg: str
    nori: str
    beer: str
    rate: str
    fee: str
    tip: str


pytestmark = pytest.mark.any_database("other tests show that its columns hold three decimals")


# Two ramen with egg and nori, three beers, a tenth off, delivery and tip. A line's tax is rounded once.
@pytest.mark.parametrize(
    ("currency", "prices", "shown", "amounts", "warned"),
    [
        (
            "JPY",
            Prices("JP", "1200", "150", "80", "555", "10", fee="500", tip="300"),
            {"RAMEN": "1200", "EGG": "150", "NORI": "80", "BEER": "611"},
            "4692 469 500 0 300 5023",
            [],
        ),
        (
            "KWD",
            Prices("KW", "1.250", "0.375", "0.125", "2.345", "5", fee="0.750", tip="0.5"),
            {"RAMEN": "1.250", "EGG": "0.375", "NORI": "0.125", "BEER": "2.462"},
            "10.887 1.089 0.750 0.000 0.500 11.048",
            [],
        ),
        (
            "CHF",
            Prices("CH", "18.50", "1.43", "0.80", "5.55", "8.1", fee="3.43", tip="2.00"),
            {"RAMEN": "18.50", "EGG": "1.45", "NORI": "0.80", "BEER": "6.00"},
            "59.50 5.95 3.45 0.00 2.00 59.00",
            ["EGG costs 1.43 CHF in Lightspeed, which no till can charge; it is sold at 1.45 CHF."],
        ),
    ],
)
def test_the_guest_pays_what_the_till_charges_in_the_venues_currency(
    service: Service,
    running_worker: Worker,
    currency: str,
    prices: Prices,
    shown: dict[str, str],
    amounts: str,
    warned: list[str],
) -> None:
    totals = dict(zip(TOTALS, amounts.split(), strict=True))
    warnings = _open(service, currency, prices)
    assert [warning.partition(" Correct ")[0] for warning in warnings if "no till can charge" in warning] == warned

    listed = menu_for(service, "delivery")
    modifiers = [modifier for group in listed["modifier_groups"] for modifier in group["modifiers"]]
    assert listed["venue"]["currency"] == currency
    assert {one["sku"]: one["price"] for one in [*listed["products"], *modifiers]} == shown

    ids = {one["sku"]: one["id"] for one in modifiers}
    egg = {"modifier": ids["EGG"], "modifiers": [{"modifier": ids["NORI"]}]}
    placed = place(
        service,
        {"sku": "RAMEN", "quantity": 2, "modifiers": [egg]},
        {"sku": "BEER", "quantity": 3},
        type="delivery",
        discount_code="TENTH",
        delivery_fee=prices.fee,
        tip=prices.tip,
    )
    assert placed["totals"] == totals
    assert placed["payment"]["amount"] == totals["total"]

    assert_the_till_charged_what_was_paid(service)
    (check,) = service.pos.state()["checks"]
    charged = Decimal(totals["total"]) - Decimal(totals["tip"])
    assert [Decimal(str(check[name])) for name in ("currentAmount", "paidAmount")] == [charged, charged]
    assert any("tax-breakdown" in route for route in service.pos.state()["calls"])
    assert Decimal(service.read(placed["id"])["totals"]["total"]) == Decimal(totals["total"])


def _open(service: Service, currency: str, prices: Prices) -> list[str]:
    """Move the venue to another country, with another till and menu; return the warnings of the sync."""
    Venue.objects.filter(pk=service.venue.pk).update(currency=currency, country=prices.country)
    service.venue.refresh_from_db()
    location = int(Connection.objects.get().business_location_id)
    service.pos.control("currency", code=currency, businessLocationId=location)
    service.pos.set_habits(tax_per_line=True)
    nori = modifier("NORI", "NORI", prices.nori)
    egg = modifier("EGG", "EGG", prices.egg, modifiers=[group("G2", "On the egg", [nori])])
    ramen = item("RAMEN", "RAMEN", prices.ramen, modifiers=[group("G1", "Extras", [egg])])
    tax = Decimal(prices.beer) * Decimal(prices.rate) / 100
    beer = item("BEER", "BEER", prices.beer, tax=str(tax), rate=prices.rate)
    service.pos.replace_menu(menu(168, "Online menu", [screen("1", "All", [ramen, beer])]))
    factories.DiscountCodeFactory(venue=service.venue, code="TENTH")
    # Nearly everything that was on the menu is gone.
    run = sync_menu(venue=service.venue, started_by="test", force=True)
    assert run.state == "succeeded", run.error
    return list(run.warnings)
