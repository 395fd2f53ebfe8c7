"""The settings of pay at table in the back office: lists as people type them, and what Stripe takes."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from storekit.models import Venue
from tables.models import PayAtTable, Tips

LIST = "/admin/tables/payattable/"


def form_of(**changes: Any) -> dict[str, Any]:
    form = {
        "enabled": "on",
        "sheet_text": "Pay here",
        "payments_enabled": "on",
        "tips": "smart",
        "tip_percentages": "10, 12, 15",
        "small_bill_below": "20",
        "small_bill_tips": "1, 2, 3",
    }
    return form | changes


def saved(browser: Client, venue: Venue, **changes: Any) -> PayAtTable:
    """The venue's settings once this was typed."""
    row, _ = PayAtTable.objects.get_or_create(venue=venue)
    answer = browser.post(f"{LIST}{row.pk}/change/", form_of(**changes))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row.refresh_from_db()
    return row


def error(browser: Client, venue: Venue, field: str, **changes: Any) -> str:
    """Why the form was not taken."""
    row, _ = PayAtTable.objects.get_or_create(venue=venue)
    answer = browser.post(f"{LIST}{row.pk}/change/", form_of(**changes))
    return " ".join(answer.context["adminform"].form.errors[field])


@pytest.mark.parametrize(("browser", "status"), [("annas_browser", 302), ("bens_browser", 403)])
def test_only_managers_switch_pay_at_table_on(
    venue: Venue, browser: str, status: int, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(browser)

    assert client.post(f"{LIST}add/", form_of(venue=venue.pk)).status_code == status

    assert PayAtTable.objects.filter(venue=venue, enabled=True).exists() == (status == 302)


def test_tips_are_typed_as_one_line(venue: Venue, annas_browser: Client) -> None:
    row = saved(annas_browser, venue, tip_percentages="5 %, 10% 12;15", small_bill_tips="0.50 1  2.5")

    assert row.tips == Tips.SMART
    assert row.tip_percentages == [5, 10, 12, 15]
    assert row.small_bill_tips == ["0.50", "1", "2.5"]
    assert row.small_bill_below == Decimal(20)
    shown = annas_browser.get(f"{LIST}{row.pk}/change/").content.decode()
    assert 'value="5, 10, 12, 15"' in shown
    assert 'value="0.50, 1, 2.5"' in shown


@pytest.mark.parametrize("typed", ["", "ten", "10, 51", "0", "1 2 3 4 5", "12.5"])
def test_percentages_that_cannot_be_offered_are_refused(venue: Venue, annas_browser: Client, typed: str) -> None:
    found = error(annas_browser, venue, "tip_percentages", tip_percentages=typed)

    assert "required" in found or "whole numbers from 1 to 50" in found
    assert PayAtTable.objects.get().tip_percentages == [10, 12, 15]


@pytest.mark.parametrize("typed", ["-1", "0", "£1", "1.2345"])
def test_amounts_that_cannot_be_offered_are_refused(venue: Venue, annas_browser: Client, typed: str) -> None:
    assert "one to four amounts" in error(annas_browser, venue, "small_bill_tips", small_bill_tips=typed)


def test_amounts_are_those_that_the_currency_has(venue: Venue, annas_browser: Client) -> None:
    Venue.objects.update(currency="CHF")
    assert "multiples of 0.05" in error(annas_browser, venue, "small_bill_tips", small_bill_tips="0.50, 0.52")
    assert saved(annas_browser, venue, small_bill_tips="0.50, 0.55").small_bill_tips == ["0.50", "0.55"]


@pytest.mark.parametrize("typed", ["12345", 'Pot of "copper"', "The Copper Pot*", "Das Kupferkännchen"])
def test_what_card_statements_do_not_take_is_refused(venue: Venue, annas_browser: Client, typed: str) -> None:
    assert "up to 22 letters" in error(annas_browser, venue, "statement_descriptor", statement_descriptor=typed)


def test_stripes_account_and_what_statements_say_are_kept(venue: Venue, annas_browser: Client) -> None:
    row = saved(annas_browser, venue, provider_account=" acct_1A2b3C ", statement_descriptor="The Copper Pot")

    assert (row.provider_account, row.statement_descriptor) == ("acct_1A2b3C", "The Copper Pot")
    assert "acct_" in error(annas_browser, venue, "provider_account", provider_account="copper-pot")


def test_the_form_for_a_new_venue_can_be_saved_as_it_is_shown(annas_browser: Client, venue: Venue) -> None:
    shown = annas_browser.get(f"{LIST}add/").context["adminform"].form

    assert shown["tip_percentages"].value() == "10, 12, 15"
    assert shown["small_bill_tips"].value() == "1, 2, 3"
