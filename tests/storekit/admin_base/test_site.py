"""The base of every back office page, for what the pages of today do not need yet but those of tomorrow will."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from integrations.models import Notification
from menus.models import CategoryProduct
from storekit.admin_base.site import VenueAdmin
from storekit.models import ApiKey, Membership, User, Venue
from tests import factories

pytestmark = pytest.mark.django_db


class ApiKeysOf(VenueAdmin):
    list_filter = ("venue", "name")


class PlacementsOf(VenueAdmin):
    venue_path = "category__venue"


class NotificationsOf(VenueAdmin):
    venue_path = "connection__venue"


def request_of(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def choices(page: VenueAdmin, model: Any, name: str, user: User) -> set[Any]:
    field = page.formfield_for_foreignkey(model._meta.get_field(name), request_of(user))
    assert field is not None
    assert field.queryset is not None
    return set(field.queryset)


def test_a_form_offers_the_venues_that_the_person_manages(anna: User, venue: Venue, other_venue: Venue) -> None:
    factories.MembershipFactory(user=anna, venue=other_venue, role=Membership.Role.STAFF)
    page = ApiKeysOf(ApiKey, admin.site)

    assert choices(page, ApiKey, "venue", anna) == {venue}


def test_where_staff_may_write_a_form_offers_the_venues_that_they_work_at(
    anna: User, venue: Venue, other_venue: Venue
) -> None:
    factories.MembershipFactory(user=anna, venue=other_venue, role=Membership.Role.STAFF)
    page = ApiKeysOf(ApiKey, admin.site)
    page.staff_may_change = True

    assert choices(page, ApiKey, "venue", anna) == {venue, other_venue}


def test_a_form_offers_rows_of_those_venues_only(anna: User, venue: Venue, other_venue: Venue) -> None:
    own = factories.ConnectionFactory(venue=venue)
    factories.ConnectionFactory(venue=other_venue)

    assert choices(NotificationsOf(Notification, admin.site), Notification, "connection", anna) == {own}


def test_a_form_offers_nothing_of_a_model_whose_walls_are_not_known(anna: User, venue: Venue) -> None:
    factories.MembershipFactory(venue=venue)

    assert choices(ApiKeysOf(Membership, admin.site), Membership, "user", anna) == set()


def test_a_superuser_is_offered_everything(venue: Venue, other_venue: Venue) -> None:
    boss = factories.UserFactory(is_superuser=True)

    assert choices(ApiKeysOf(ApiKey, admin.site), ApiKey, "venue", boss) == {venue, other_venue}


def test_a_filter_by_a_related_row_is_made_one_by_the_rows_in_the_list(anna: User) -> None:
    filters = ApiKeysOf(ApiKey, admin.site).get_list_filter(request_of(anna))

    assert filters == [("venue", RelatedOnlyFieldListFilter), "name"]


@pytest.mark.parametrize("ask", ["has_view_permission", "has_change_permission"])
def test_permission_is_asked_with_the_row_or_with_its_id(ask: str, anna: User, zoe: User, venue: Venue) -> None:
    placement = factories.CategoryProductFactory(category__venue=venue, product__venue=venue)
    may = getattr(PlacementsOf(CategoryProduct, admin.site), ask)

    assert may(request_of(anna), placement)
    assert may(request_of(anna), str(placement.pk))
    assert not may(request_of(zoe), placement)
    assert not may(request_of(zoe), str(placement.pk))
    assert not may(request_of(anna), "no-such-id")


def test_staff_view_and_do_not_change(ben: User, venue: Venue) -> None:
    key = factories.ApiKeyFactory(venue=venue)
    page = ApiKeysOf(ApiKey, admin.site)

    assert page.has_view_permission(request_of(ben), key)
    assert not page.has_change_permission(request_of(ben), key)
    assert not page.has_add_permission(request_of(ben))
    assert not page.has_delete_permission(request_of(ben), key)


def test_a_page_reads_the_persons_roles_once(annas_browser: Client, venue: Venue) -> None:
    with CaptureQueriesContext(connection) as queries:
        annas_browser.get("/admin/orders/order/")

    about_roles = [query["sql"] for query in queries if 'FROM "storekit_membership"' in query["sql"].split("WHERE")[0]]
    assert len(about_roles) == 1
    assert len(queries) < 20
