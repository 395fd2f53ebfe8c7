"""Queries and inserts that are worded once say and store what the ORM's own do."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, connection, transaction
from django.db.models import QuerySet
from django.forms.models import model_to_dict
from pytest_django import DjangoAssertNumQueries

from menus.models import Product
from orders.models import Injection, Order, OrderLine
from storekit.db.compiled_queries import WordedQuery, insert, insert_rows
from storekit.models import Venue
from tests import factories


def _worded(calls: list[int]) -> WordedQuery:
    def queryset(*, skus: Sequence[Any]) -> QuerySet:
        calls.append(len(skus))
        return Product.objects.filter(sku__in=skus).order_by("sku").values_list("id", "sku", "price", "sold_out")

    return WordedQuery(queryset)


def test_the_rows_are_the_querysets_whatever_the_number_of_values(venue: Venue) -> None:
    skus = [factories.ProductFactory(venue=venue, sku=f"P{n}", price=f"{n}.50").sku for n in range(9)]
    query = _worded([])
    for number in range(1, 10):
        wanted = Product.objects.filter(sku__in=skus[:number]).order_by("sku")
        assert query.rows(skus=skus[:number]) == list(wanted.values_list("id", "sku", "price", "sold_out"))


def test_a_query_is_worded_once_for_each_power_of_two(venue: Venue) -> None:
    calls: list[int] = []
    query = _worded(calls)
    for number in (1, 2, 3, 4, 5, 8, 7, 3, 1):
        query.rows(skus=[f"P{n}" for n in range(number)])
    assert calls == [1, 2, 4, 8]


def test_values_are_values_and_never_words(venue: Venue) -> None:
    factories.ProductFactory(venue=venue, sku="P1")
    assert _worded([]).rows(skus=["') OR 1=1 --", "%s", "P1' OR '1"]) == []


def test_an_inserted_row_is_as_if_it_had_been_saved(venue: Venue) -> None:
    columns = {
        **model_to_dict(factories.OrderFactory(venue=venue, scheduled_for=None, injection=None, phone="+442079460018")),
        "venue": venue,
        "table": None,
        "discount_used": None,
    }
    rows = [Order(**columns | {"number": number, "collection_code": f"CODE{number}"}) for number in (1, 2)]
    rows[0].save(force_insert=True)
    insert(rows[1])
    saved, inserted = (Order.objects.get(pk=row.pk) for row in rows)
    differing = {"id", "number", "collection_code", "placed_at"}
    for field in Order._meta.concrete_fields:
        if field.name not in differing:
            assert getattr(inserted, field.attname) == getattr(saved, field.attname), field.name
    assert (rows[1]._state.adding, rows[1].placed_at) == (False, inserted.placed_at)


def test_an_inserted_row_gets_the_id_that_the_database_chose(venue: Venue) -> None:
    injection = Injection(order=factories.OrderFactory(venue=venue, injection=None), reference="r-1")
    insert(injection)
    assert Injection.objects.get(pk=injection.pk).reference == "r-1"


_LINE = (
    *("id", "order", "position", "kind", "menu_id", "sku", "instruction_id"),
    *("name", "quantity", "unit_price", "note", "course"),
)
_ODD = ["", "“quoted”", "it's", '"', "\\", "%s", "{}", "line\nline", "☕", "null"]


def _lines(order: Order, sku: str = "P") -> list[tuple[Any, ...]]:
    return [
        (uuid4(), order.pk, place, "product", uuid4(), sku, "", text, 1, Decimal("1.50"), text, place or None)
        for place, text in enumerate(_ODD)
    ]


def test_many_rows_go_in_at_once_with_whatever_a_text_can_hold(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None, injection=None)
    rows = _lines(order)
    insert_rows(OrderLine, columns=_LINE, rows=rows)
    found = OrderLine.objects.filter(order=order).values_list(*_LINE)
    assert [*found] == rows


def test_there_may_be_more_values_than_a_statement_takes(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None, injection=None)
    insert_rows(OrderLine, columns=_LINE, rows=[row for _ in range(400) for row in _lines(order)])
    assert OrderLine.objects.filter(order=order).count() == 400 * len(_ODD)


def test_no_rows_are_no_query(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        insert_rows(OrderLine, columns=_LINE, rows=[])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not mind how long a text is")
def test_a_text_that_is_too_long_is_refused_and_not_cut(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None, injection=None)
    with pytest.raises(DataError), transaction.atomic():
        insert_rows(OrderLine, columns=_LINE, rows=_lines(order, sku="P" * 26))
