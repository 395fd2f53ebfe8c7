"""Compiled queries return, and compiled inserts store, what the ORM would."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.forms.models import model_to_dict

from menus.models import Product
from orders.models import Injection, Order
from storekit.db.compiled_queries import CompiledQuery, insert_row
from storekit.models import Venue
from tests import factories


def _product_query(calls: list[int]) -> CompiledQuery:
    def queryset(*, skus: Sequence[Any]) -> QuerySet:
        calls.append(len(skus))
        return Product.objects.filter(sku__in=skus).order_by("sku").values_list("id", "sku", "price", "sold_out")

    return CompiledQuery(queryset)


def test_the_rows_are_the_querysets_for_any_number_of_values(venue: Venue) -> None:
    skus = [factories.ProductFactory(venue=venue, sku=f"P{n}", price=f"{n}.50").sku for n in range(9)]
    query = _product_query([])
    for number in range(1, 10):
        expected = Product.objects.filter(sku__in=skus[:number]).order_by("sku")
        assert query.rows(skus=skus[:number]) == list(expected.values_list("id", "sku", "price", "sold_out"))


def test_a_query_is_compiled_once_for_each_power_of_two(venue: Venue) -> None:
    calls: list[int] = []
    query = _product_query(calls)
    for number in (1, 2, 3, 4, 5, 8, 7, 3, 1):
        query.rows(skus=[f"P{n}" for n in range(number)])
    assert calls == [1, 2, 4, 8]


def test_values_never_become_sql(venue: Venue) -> None:
    factories.ProductFactory(venue=venue, sku="P1")
    assert _product_query([]).rows(skus=["') OR 1=1 --", "%s", "P1' OR '1"]) == []


def test_an_inserted_row_is_the_same_as_a_saved_one(venue: Venue) -> None:
    columns = {
        **model_to_dict(factories.OrderFactory(venue=venue, scheduled_for=None, injection=None, phone="+442079460018")),
        "venue": venue,
        "table": None,
        "discount_used": None,
    }
    rows = [Order(**columns | {"number": number, "collection_code": f"CODE{number}"}) for number in (1, 2)]
    rows[0].save(force_insert=True)
    insert_row(rows[1])
    saved, inserted = (Order.objects.get(pk=row.pk) for row in rows)
    differing = {"id", "number", "collection_code", "placed_at"}
    for field in Order._meta.concrete_fields:
        if field.name not in differing:
            assert getattr(inserted, field.attname) == getattr(saved, field.attname), field.name
    assert (rows[1]._state.adding, rows[1].placed_at) == (False, inserted.placed_at)


def test_an_inserted_row_gets_the_id_that_the_database_chose(venue: Venue) -> None:
    injection = Injection(order=factories.OrderFactory(venue=venue, injection=None), reference="r-1")
    insert_row(injection)
    assert Injection.objects.get(pk=injection.pk).reference == "r-1"
