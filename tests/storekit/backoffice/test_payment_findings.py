"""The home page and the side bar: guests' payments that need a person, and the way to the live floor."""

import re

import pytest
from django.test import Client

from storekit.backoffice.findings import Finding, Tone
from storekit.backoffice.tonight import venues_tonight
from storekit.models import User, Venue
from tables.models import PayAtTable, Payment
from tests import factories


def finding(user: User) -> Finding | None:
    (tonight,) = venues_tonight(user=user)
    found = [one for one in tonight.findings if one.subject == "Pay at table"]
    return found[0] if found else None


def make_payments(venue: Venue, count: int) -> None:
    for _ in range(count):
        bill = factories.BillFactory(venue=venue)
        factories.PaymentFactory(bill=bill, state=Payment.State.SENT, needs_staff=True)


@pytest.mark.parametrize(("count", "text"), [(1, "1 payment needs you"), (3, "3 payments need you")])
def test_payments_that_need_a_person_are_an_alarm(
    anna: User, annas_browser: Client, venue: Venue, count: int, text: str
) -> None:
    make_payments(venue, count)

    found = finding(anna)

    assert found is not None
    assert (found.tone, found.text, found.needs_attention) == (Tone.BAD, text, count)
    assert found.action is not None
    assert len(annas_browser.get(found.action.url).context["cl"].result_list) == count


def test_a_venue_that_uses_pay_at_table_finds_its_live_floor(anna: User, annas_browser: Client, venue: Venue) -> None:
    assert finding(anna) is None

    PayAtTable.objects.create(venue=venue, enabled=True)

    found = finding(anna)
    assert found is not None
    assert (found.tone, found.text) == (Tone.GOOD, "Guests see their bill, and pay the staff")
    assert found.action is not None
    assert annas_browser.get(found.action.url).status_code == 200


def test_the_side_bar_counts_payments_of_the_persons_own_venues(
    annas_browser: Client, zoes_browser: Client, venue: Venue, other_venue: Venue
) -> None:
    make_payments(venue, 2)

    def badge(browser: Client) -> list[str]:
        page = browser.get("/admin/").content.decode()
        return re.findall(r"<span>Live floor</span>\s*<span[^>]*>\s*(\d+)\s*</span>", page)

    assert (badge(annas_browser), badge(zoes_browser)) == (["2"], [])
