"""Lines that a venue hides from its bills as they cost nothing are no part that a guest pays for."""

from fractions import Fraction

import pytest

from integrations.models import LightspeedSettings
from tables.bills.splitting import Items
from tables.models import Table
from tables.payments.starting import PaymentRefused
from tests.tables.bills.tills import check, line
from tests.tables.payments.tables import SOUP, WINE, Till, pay

WATER = line("Water", "0.00")


@pytest.fixture(autouse=True)
def _hidden(table: Table, till: Till) -> None:
    LightspeedSettings.objects.update(ignore_free_items=True)
    till.shows(check("A1.1", SOUP, WATER, WINE))


def test_a_hidden_line_cannot_be_chosen(table: Table) -> None:
    with pytest.raises(PaymentRefused) as caught:
        pay(table, choice=Items({"line-Water": Fraction(1)}))

    assert caught.value.code == "unknown_line"


def test_who_pays_for_every_line_on_the_bill_pays_the_whole_bill(table: Table) -> None:
    everything, items = pay(table), Items({"line-Soup": Fraction(1), "line-Wine": Fraction(1)})
    everything.delete()

    payment = pay(table, choice=items)

    assert (payment.amount, set(payment.parts)) == (everything.amount, {"line-Soup", "line-Wine"})
