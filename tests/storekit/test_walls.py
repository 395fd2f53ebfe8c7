"""Venues are isolated: Zoe of the Blue Door sees nothing of the Copper Pot on any page of the back office.

The tests go through every registered page; a model without rows in `rows.py` fails.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.exceptions import NotRegistered
from django.core.exceptions import ImproperlyConfigured
from django.db.models import ForeignKey, Model
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from storekit.admin_base.site import BackOffice, SuperuserAdmin, VenueAdmin
from storekit.models import Membership, User, Venue
from tests.storekit.rows import one_of_everything

pytestmark = pytest.mark.django_db

Rows = dict[type[Model], Model]
VENUE_MODELS = sorted((m for m, page in admin.site._registry.items() if isinstance(page, VenueAdmin)), key=str)
SUPERUSER_MODELS = sorted((m for m, page in admin.site._registry.items() if isinstance(page, SuperuserAdmin)), key=str)

every_page = pytest.mark.parametrize("model", VENUE_MODELS, ids=lambda model: model._meta.label)


@pytest.fixture
def foreign(venue: Venue) -> Rows:
    """The Copper Pot's rows."""
    return one_of_everything(venue)


@pytest.fixture
def own(other_venue: Venue) -> Rows:
    """The Blue Door's rows."""
    return one_of_everything(other_venue)


def row_of(rows: Rows, model: type[Model]) -> Model:
    if model not in rows:
        pytest.fail(f"tests/storekit/rows.py makes no {model._meta.label}: add one, so that its page is tested.")
    return rows[model]


def address(model: type[Model], view: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=arguments)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    text: str = answer.content.decode()
    return text


def assert_shows(answer: Any, row: Model) -> None:
    assert address(type(row), "change", row.pk) in text_of(answer)


def assert_shows_nothing_of(answer: Any, row: Model) -> None:
    text = text_of(answer)
    assert address(type(row), "change", row.pk) not in text
    for word in ("The Copper Pot", "copper-pot"):
        assert word not in text


def assert_closed(answer: Any) -> None:
    """Forbidden, not found, or redirected home, as Django's admin does for a row that is not in the list."""
    assert answer.status_code in {302, 403, 404}, answer.content
    if answer.status_code == 302:
        assert answer.headers["Location"] == "/admin/"


def stored(row: Model) -> dict[str, Any] | None:
    return type(row)._default_manager.filter(pk=row.pk).values().first()


def addresses_of_one_row(page: ModelAdmin, row: Model) -> Iterator[str]:
    """Every URL that the page has for one row: change, history, delete, and its actions."""
    for pattern in page.get_urls():
        if pattern.name and len(pattern.pattern.converters) == 1:
            yield reverse(f"admin:{pattern.name}", args=[row.pk])


def test_every_page_is_limited_to_venues_or_to_superusers() -> None:
    assert isinstance(admin.site, BackOffice)
    assert set(admin.site._registry) == {*VENUE_MODELS, *SUPERUSER_MODELS}
    assert Venue in VENUE_MODELS
    assert User in SUPERUSER_MODELS


def test_a_page_without_limits_cannot_be_registered() -> None:
    site = BackOffice()

    with pytest.raises(ImproperlyConfigured, match=r"storekit.Venue has to be a VenueAdmin"):
        site.register(Venue, ModelAdmin)
    with pytest.raises(NotRegistered):
        site.get_model_admin(Venue)


@every_page
def test_the_list_shows_the_persons_own_rows_only(
    model: type[Model], zoes_browser: Client, foreign: Rows, own: Rows
) -> None:
    answer = zoes_browser.get(address(model, "changelist"))

    assert_shows_nothing_of(answer, row_of(foreign, model))
    assert_shows(answer, row_of(own, model))


@every_page
@pytest.mark.parametrize("sought", ["q", "venue", "venue__id__exact", "venue__slug"])
def test_searching_and_filtering_reveal_nothing_of_other_venues(
    model: type[Model], sought: str, zoes_browser: Client, foreign: Rows, own: Rows, venue: Venue
) -> None:
    words: dict[str, Any] = {"q": "of", "venue": venue.slug, "venue__id__exact": venue.pk, "venue__slug": venue.slug}

    answer = zoes_browser.get(address(model, "changelist"), {sought: words[sought]}, follow=True)

    if answer.status_code == 200:  # 400 is Django's answer to a filter that the page does not have.
        assert address(model, "change", row_of(foreign, model).pk) not in text_of(answer)
        assert "The Copper Pot" not in text_of(answer)


@every_page
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_of_a_foreign_row_opens_or_changes_anything(
    model: type[Model], method: str, zoes_browser: Client, foreign: Rows, own: Rows
) -> None:
    row = row_of(foreign, model)
    before, queued = stored(row), OrmQ.objects.count()

    for page in addresses_of_one_row(admin.site._registry[model], row):
        assert_closed(getattr(zoes_browser, method)(page, {"post": "yes", "confirmed": "yes"}))

    assert stored(row) == before
    assert OrmQ.objects.count() == queued


@every_page
def test_actions_on_a_selected_foreign_row_do_nothing(
    model: type[Model], zoes_browser: Client, zoe: User, foreign: Rows, own: Rows, rf: Any
) -> None:
    row = row_of(foreign, model)
    before, queued = stored(row), OrmQ.objects.count()
    request = rf.get("/")
    request.user = zoe

    for action in admin.site._registry[model].get_actions(request):
        chosen = {"action": action, "_selected_action": [row.pk], "post": "yes", "confirmed": "yes"}
        answer = zoes_browser.post(address(model, "changelist"), chosen, follow=True)
        assert_shows_nothing_of(answer, row)

    assert stored(row) == before
    assert OrmQ.objects.count() == queued


@every_page
def test_forms_offer_nothing_of_a_foreign_venue(
    model: type[Model], zoes_browser: Client, foreign: Rows, own: Rows
) -> None:
    assert_shows_nothing_of(zoes_browser.get(address(model, "change", row_of(own, model).pk)), row_of(foreign, model))

    add = zoes_browser.get(address(model, "add"))
    if add.status_code == 200:
        assert_shows_nothing_of(add, row_of(foreign, model))


@every_page
def test_autocompletion_offers_nothing_of_a_foreign_venue(
    model: type[Model], zoes_browser: Client, foreign: Rows, own: Rows
) -> None:
    for field in model._meta.get_fields():
        if isinstance(field, ForeignKey):
            asked: dict[str, Any] = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field.name,
            }
            answer = zoes_browser.get("/admin/autocomplete/", {**asked, "term": ""})
            if answer.status_code == 200:
                offered = {choice["id"] for choice in json.loads(answer.content)["results"]}
                assert str(row_of(foreign, field.related_model).pk) not in offered


@pytest.mark.parametrize("model", SUPERUSER_MODELS, ids=lambda model: model._meta.label)
def test_superusers_pages_are_closed_to_managers(model: type[Model], zoes_browser: Client, anna: User) -> None:
    for page in (address(model, "changelist"), address(model, "add"), address(model, "change", anna.pk)):
        assert zoes_browser.get(page).status_code == 403


@pytest.mark.parametrize(
    "page",
    [
        "/admin/",
        "/admin/search/?s=o&extended=1",
        "/admin/integrations/",
        "/admin/orders/",
        "/admin/tables/",
        "/admin/tables/table/codes/",
        "/admin/tables/payment/tips/",
        "/admin/tables/giftcard/issue/",
        "/admin/tables/payattable/floor/",
    ],
)
def test_shared_pages_show_nothing_of_other_venues(page: str, zoes_browser: Client, foreign: Rows, own: Rows) -> None:
    answer = zoes_browser.get(page, follow=True)

    if answer.status_code != 404:  # an app none of whose pages the person may see
        assert "Copper Pot" not in text_of(answer)


@every_page
def test_a_user_without_venues_sees_no_page(model: type[Model], client: Client, foreign: Rows) -> None:
    client.force_login(User.objects.create_user("nowhere@example.com"))

    for page in (
        address(model, "changelist"),
        *addresses_of_one_row(admin.site._registry[model], row_of(foreign, model)),
    ):
        assert client.get(page, follow=True).status_code == 403


@every_page
def test_staff_may_view_a_row_and_not_change_it(
    model: type[Model], bens_browser: Client, ben: User, foreign: Rows
) -> None:
    row = row_of(foreign, model)
    assert bens_browser.get(address(model, "change", row.pk)).status_code == 200

    page: Any = admin.site._registry[model]
    if not page.staff_may_change:
        assert bens_browser.post(address(model, "change", row.pk), {}).status_code == 403
    assert bens_browser.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert stored(row) is not None


def snapshot() -> dict[type[Model], Any]:
    return {model: list(model._default_manager.order_by("pk").values()) for model in VENUE_MODELS}


def test_viewing_changes_nothing(annas_browser: Client, foreign: Rows) -> None:
    before, queued = snapshot(), OrmQ.objects.count()

    for model in VENUE_MODELS:
        pages = addresses_of_one_row(admin.site._registry[model], row_of(foreign, model))
        for page in (address(model, "changelist"), address(model, "add"), *pages):
            annas_browser.get(page)

    assert snapshot() == before
    assert OrmQ.objects.count() == queued


@every_page
def test_forms_of_other_sites_are_refused(model: type[Model], anna: User, foreign: Rows) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anna)

    pages = addresses_of_one_row(admin.site._registry[model], row_of(foreign, model))
    for page in (address(model, "changelist"), address(model, "add"), *pages):
        assert browser.post(page, {"post": "yes", "confirmed": "yes"}).status_code == 403


def test_a_forged_form_moves_nobody_between_venues(
    zoes_browser: Client, zoe: User, anna: User, venue: Venue, other_venue: Venue
) -> None:
    before = list(Membership.objects.order_by("pk").values())
    own, foreign = zoe.memberships.get(), anna.memberships.get()
    page = address(Venue, "change", other_venue.pk)
    form = {name: getattr(other_venue, name) for name in ("name", "email", "timezone", "country")}
    form |= {"memberships-INITIAL_FORMS": "1", "memberships-TOTAL_FORMS": "1", "memberships-0-role": "manager"}
    forgeries: list[dict[str, Any]] = [
        {"memberships-0-id": foreign.pk, "memberships-0-venue": venue.pk, "memberships-0-role": "staff"},
        {"memberships-0-id": foreign.pk, "memberships-0-venue": other_venue.pk, "memberships-0-DELETE": "on"},
        {"memberships-0-id": own.pk, "memberships-0-venue": venue.pk},
        {"memberships-INITIAL_FORMS": "0", "memberships-0-venue": venue.pk, "memberships-0-email": zoe.email},
    ]

    for forgery in forgeries:
        zoes_browser.post(page, form | forgery)

    assert list(Membership.objects.order_by("pk").values()) == before
