"""An order refused as sold out: its page and the e-mail say what was snoozed on the menu, and until when."""

from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from orders.alerts.delivery import send
from orders.models import Alert, Injection, InjectionAttempt, Order
from storekit.models import User, Venue
from tests import factories
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "Could not add item Burger (restricted)"
REFUSED = f"An item in the order is sold out at the till.\n{WORDS}"


@pytest.fixture
def refused(venue: Venue) -> Order:
    """An order refused a moment ago; its item is snoozed and the venue has been alerted."""
    factories.MenuFactory(venue=venue)
    factories.ProductFactory(venue=venue, sku="BURGER", name="Burger")
    order: Order = factories.OrderFactory(venue=venue, number=1042)
    Injection.objects.filter(order=order).update(
        state="failed", error=REFUSED, failures=1, failed_at=timezone.now(), next_attempt_at=None
    )
    InjectionAttempt.objects.create(
        injection=order.injection, number=1, reference="r-1", lease=uuid4(), outcome="rejected", detail=REFUSED
    )
    for channel in ("menu", "email"):
        row = Alert.objects.create(
            order=order, channel=channel, about="failed", next_attempt_at=timezone.now(), code="restricted"
        )
        Alert.objects.filter(pk=row.pk).update(pos_words=WORDS)
        assert send(alert_id=row.pk) == "sent"
    return order


def test_the_orders_page_and_the_e_mail_say_what_is_snoozed(visit: Visit, ben: User, refused: Order) -> None:
    visit.log_in(ben)
    visit.open(f"/admin/orders/order/{refused.pk}/change/")
    expect(visit.page.get_by_text("Snoozed on the menu", exact=False).first).to_be_visible()
    expect(visit.page.get_by_text("Burger: sold out, so snoozed until", exact=False).first).to_be_visible()
    visit.screenshot("refused-as-sold-out")
    visit.assert_in_order("#order")

    sent: Any = mail.outbox[0]
    visit.page.goto("about:blank")
    visit.page.set_content(str(sent.alternatives[0][0]))
    expect(visit.page.get_by_text("On the menu:")).to_be_visible()
    visit.screenshot("refused-as-sold-out-e-mail")
    visit.assert_in_order()
