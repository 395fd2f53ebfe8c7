"""The token of a table: it opens one table, outlives syncs, and can be replaced."""

import pytest
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from storekit.models import Venue
from tables.codes.tokens import TokenRetired, UnknownToken, give_tokens, rotate, table_of
from tables.models import Area, PayAtTable, Table


@pytest.fixture
def table(venue: Venue) -> Table:
    PayAtTable.objects.create(venue=venue, enabled=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    return Table.objects.create(venue=venue, area=area, pos_id="7", number=7)


def token_of(table: Table) -> str:
    assert table.token
    return table.token


def test_a_token_opens_its_table_and_no_other(table: Table) -> None:
    other = Table.objects.create(venue=table.venue, area=table.area, pos_id="8", number=8)

    assert table_of(token_of(table)) == table
    assert table_of(token_of(other)) == other
    assert len(token_of(table)) == 26


def test_a_replaced_code_says_that_the_guest_should_ask_the_staff(table: Table) -> None:
    old = token_of(table)

    new = rotate(table=table)

    assert table_of(new) == table
    with pytest.raises(TokenRetired, match="Ask the staff"):
        table_of(old)
    assert rotate(table=table) not in {old, new}
    with pytest.raises(TokenRetired):
        table_of(old)


def test_the_code_of_a_table_that_is_gone_says_so(table: Table) -> None:
    Table.objects.update(archived_at=timezone.now())

    with pytest.raises(TokenRetired, match="no longer in use"):
        table_of(token_of(table))


@pytest.mark.parametrize("switched", ["off", "never on"])
def test_no_code_opens_anything_at_a_venue_without_pay_at_table(table: Table, switched: str) -> None:
    old = token_of(table)
    new = rotate(table=table)
    if switched == "off":
        PayAtTable.objects.update(enabled=False)
    else:
        PayAtTable.objects.all().delete()

    for token in (old, new):
        with pytest.raises(UnknownToken):
            table_of(token)


@pytest.mark.django_db
def test_a_token_that_nobody_has_opens_nothing() -> None:
    for token in ("", "A" * 26):
        with pytest.raises(UnknownToken):
            table_of(token)


def test_tables_that_an_older_release_added_get_a_token_each(table: Table) -> None:
    kept = token_of(table)
    for number in (8, 9):
        Table.objects.create(venue=table.venue, area=table.area, pos_id=str(number), number=number, token=None)

    assert give_tokens(venue=table.venue) == 2
    assert give_tokens(venue=table.venue) == 0
    tokens = set(Table.objects.values_list("token", flat=True))
    assert len(tokens) == 3
    assert kept in tokens
    assert None not in tokens


@pytest.mark.django_db(transaction=True)
def test_the_migration_gives_each_table_of_today_a_token_of_its_own() -> None:
    executor = MigrationExecutor(database)
    latest = executor.loader.graph.leaf_nodes("tables")
    executor.migrate([("tables", "0001_initial")])
    try:
        apps = executor.loader.project_state([("tables", "0001_initial")]).apps
        venue = Venue.objects.create(slug="v", name="V", email="v@example.com")
        area = apps.get_model("tables", "Area").objects.create(venue_id=venue.pk, pos_id="1", name="Bar")
        for number in range(3):
            apps.get_model("tables", "Table").objects.create(
                venue_id=venue.pk, area_id=area.pk, pos_id=str(number), number=number
            )
    finally:
        executor = MigrationExecutor(database)
        executor.migrate(latest)

    tokens = set(Table.objects.values_list("token", flat=True))
    assert len(tokens) == 3
    assert None not in tokens
