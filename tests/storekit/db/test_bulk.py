"""Inserting many rows in one statement stores what the ORM would."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from orders.models import Order, OrderLine
from storekit.db.bulk import insert_rows
from storekit.models import Venue
from tests import factories

_LINE_COLUMNS = (
    *("id", "order_id", "position", "kind", "menu_id", "sku", "instruction_id"),
    *("name", "quantity", "unit_price", "note", "course"),
)
_ODD = ["", "“quoted”", "it's", '"', "\\", "%s", "{}", "line\nline", "☕", "null"]


def _lines(order: Order, sku: str = "P") -> list[tuple[Any, ...]]:
    return [
        (uuid4(), order.pk, position, "product", uuid4(), sku, "", text, 1, Decimal("1.50"), text, position or None)
        for position, text in enumerate(_ODD)
    ]


def test_rows_may_hold_any_text(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None, injection=None)
    rows = _lines(order)
    insert_rows(OrderLine, columns=_LINE_COLUMNS, rows=rows)
    found = OrderLine.objects.filter(order=order).values_list(*_LINE_COLUMNS)
    assert [*found] == rows


def test_there_may_be_more_values_than_one_statement_takes(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None, injection=None)
    insert_rows(OrderLine, columns=_LINE_COLUMNS, rows=[row for _ in range(400) for row in _lines(order)])
    assert OrderLine.objects.filter(order=order).count() == 400 * len(_ODD)


def test_no_rows_take_no_query(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        insert_rows(OrderLine, columns=_LINE_COLUMNS, rows=[])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not limit the length of a text")
def test_a_text_that_is_too_long_is_refused_rather_than_cut(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None, injection=None)
    with pytest.raises(DataError), transaction.atomic():
        insert_rows(OrderLine, columns=_LINE_COLUMNS, rows=_lines(order, sku="P" * 26))
