"""Any sequence of incremental syncs has the result of one full sync."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from hypothesis import given, settings

from integrations.models import SyncRun
from menus.storefront.document import load_rows, menu_document
from menus.storefront.languages import Texts
from menus.sync.run import sync_menu
from storekit.models import Venue
from tests.factories import ConnectionFactory, VenueFactory
from tests.integrations.lightspeed.mapping.menu.test_incremental import menus_in_a_row
from tests.menus.pos_answers import answer_menu
from tests.menus.sync.answered import sync
from tests.support.examples import examples

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


def shown(venue: Venue) -> Any:
    """Return what storefronts show, without ids: each product with all its groups, and its categories."""
    document = menu_document(
        rows=load_rows(venue=venue),
        texts=Texts(language="fr", preferred="en", available=("en", "fr")),
        currency=venue.currency,
    )
    groups = {group["id"]: group for group in document["modifier_groups"]}

    def bare(entry: Json) -> Json:
        return {**entry, "id": "", "modifier_groups": asked(entry["modifier_groups"])}

    def asked(ids: list[str]) -> list[Json]:
        found = []
        for group in (groups[id] for id in ids):
            choices = [
                {**one, "id": "", "modifier_groups": asked(one["modifier_groups"])} for one in group["modifiers"]
            ]
            found.append({**group, "id": "", "modifiers": choices})
        return found

    skus = {product["id"]: product["sku"] for product in document["products"]}
    return (
        [(screen["name"], [skus[id] for id in screen["products"]]) for screen in document["categories"]],
        {
            one["sku"]: {**one, "id": "", "modifier_groups": asked(one["modifier_groups"])}
            for one in document["products"]
        },
    )


@pytest.mark.django_db
@settings(max_examples=examples(3), deadline=None)
@given(bodies=menus_in_a_row())
def test_many_incremental_syncs_show_the_same_menu_as_one_full_sync(bodies: list[Json]) -> None:
    venue: Venue = VenueFactory()
    ConnectionFactory(venue=venue)
    for body in bodies:
        sync(venue, copy.deepcopy(body), force=True)
    other: Venue = VenueFactory()
    ConnectionFactory(venue=other)
    sync(other, bodies[-1])
    assert shown(venue) == shown(other)


@pytest.mark.django_db
@settings(max_examples=examples(3), deadline=None)
@given(bodies=menus_in_a_row())
def test_after_any_syncs_a_full_one_finds_no_changes_and_the_same_warnings(bodies: list[Json]) -> None:
    venue: Venue = VenueFactory()
    ConnectionFactory(venue=venue)
    for body in bodies:
        answer_menu(body)
        run = sync_menu(venue=venue, menu_id="168", started_by="a test")
        whole = sync(venue, body, force=True)
        if run.state == SyncRun.State.HELD:
            continue
        counted = {name: whole.counts[name] for name in ("created", "updated", "archived")}
        assert counted == {"created": 0, "updated": 0, "archived": 0}
        assert run.warnings == whole.warnings
