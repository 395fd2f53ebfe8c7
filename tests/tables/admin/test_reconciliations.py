"""Comparisons of payments with the till in the back office: asked for on a button, followed, and downloaded."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django_q.models import OrmQ

from storekit.backoffice.tonight import venues_tonight
from storekit.models import User, Venue
from tables.models import Reconciliation
from tests import factories

LIST = "/admin/tables/reconciliation/"
DAY = date(2026, 5, 1)


def done(venue: Venue, **values: Any) -> Reconciliation:
    sums = {"method": "card", "payments": 2, "captured": "20.00", "tips": "1.00", "refunded": "0", "till": "10.00"}
    return Reconciliation.objects.create(
        venue=venue, state="done", next_attempt_at=None, totals=[sums], **{"day": DAY, **values}
    )


@pytest.mark.django_db(transaction=True)
def test_a_manager_has_a_day_compared_and_follows_it(venue: Venue, annas_browser: Client) -> None:
    assert "Compare payments with the till" in annas_browser.get(f"{LIST}compare/").content.decode()

    answer = annas_browser.post(f"{LIST}compare/", {"venue": venue.slug, "day": "2026-05-01"})

    row = Reconciliation.objects.get()
    assert (row.day, row.requested_by, row.nightly) == (DAY, "Anna", False)
    assert answer["Location"] == f"{LIST}{row.pk}/change/"
    task = OrmQ.objects.get()
    assert (task.func(), task.args()) == ("tables.tasks.reconcile", (row.pk,))
    assert "every 2s" in annas_browser.get(answer["Location"]).content.decode()


def test_only_the_venues_managers_have_payments_compared(
    venue: Venue, bens_browser: Client, zoes_browser: Client
) -> None:
    form = {"venue": venue.slug, "day": "2026-05-01"}
    assert bens_browser.post(f"{LIST}compare/", form).status_code == 403
    assert zoes_browser.post(f"{LIST}compare/", form).status_code == 200
    assert "Copper Pot" not in zoes_browser.get(f"{LIST}compare/").content.decode()
    assert Reconciliation.objects.count() == 0


def test_its_page_shows_the_sums_and_every_difference(venue: Venue, bens_browser: Client) -> None:
    row = done(venue, difference_count=2)
    payment = factories.PaymentFactory(bill=factories.BillFactory(venue=venue))
    row.differences.create(payment=payment, bill=payment.bill, cause="not_on_till", account="A1.1", captured=10, till=0)
    row.differences.create(cause="not_captured", reference="pay-x", till=None)

    answer = bens_browser.get(f"{LIST}{row.pk}/change/")
    text = " ".join(answer.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())

    assert answer.context["headline"] == "2 differences"
    for words in ("£20.00", "Not on the till", "A1.1", "Guest £10.00, till £0.00", "till unknown", "pay-x"):
        assert words in text
    assert f"/admin/tables/payment/{payment.pk}/change/" in text
    assert "every 2s" not in text


def test_the_file_is_downloaded_by_the_venues_people_only(
    venue: Venue, bens_browser: Client, zoes_browser: Client
) -> None:
    row = done(venue)
    answer: Any = bens_browser.get(f"{LIST}{row.pk}/csv/")
    assert "2026-05-01,total,Card" in b"".join(answer.streaming_content).decode()
    assert zoes_browser.get(f"{LIST}{row.pk}/csv/").status_code == 404


def test_last_nights_differences_are_on_the_home_page(anna: User, venue: Venue) -> None:
    today = venues_tonight(user=anna)[0].now.date()

    def said() -> list[str]:
        return [one.text for one in venues_tonight(user=anna)[0].findings if one.subject == "Reconciliation"]

    done(venue, nightly=True, difference_count=3, day=date(2026, 5, 1))
    done(venue, nightly=False, difference_count=3, day=today)
    assert said() == []

    done(venue, nightly=True, difference_count=1, day=today)
    assert said() == [f"1 payment differs from the till on {today:%-d %b}"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_that_can_have_no_payments_is_refused(annas_browser: Client, venue: Venue, day: str) -> None:
    answer = annas_browser.post(f"{LIST}compare/", {"venue": venue.slug, "day": day})

    assert "not in the future" in str(answer.context["form"].errors["day"])
    assert not Reconciliation.objects.exists()
