"""`manage.py create_venue` creates a venue and its first API key."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from storekit.models import ApiKey, Venue
from storekit.rest.api_keys import find_api_key

pytestmark = pytest.mark.django_db

GOOD = {
    "slug": "copper-pot",
    "name": "The Copper Pot",
    "timezone": "Europe/London",
    "country": "GB",
    "currency": "GBP",
    "email": "kitchen@copper-pot.example",
}


def run(**changes: str) -> str:
    out = StringIO()
    call_command("create_venue", stdout=out, **{**GOOD, **changes})
    return out.getvalue()


def test_it_prints_one_line_of_json_with_a_key_that_opens_the_venue() -> None:
    printed = run()

    assert printed.count("\n") == 1
    answer = json.loads(printed)
    assert set(answer) == {"venue", "api_key"}
    assert answer["venue"] == "copper-pot"
    found = find_api_key(key=answer["api_key"])
    assert found is not None
    assert found.venue == Venue.objects.get(slug="copper-pot", currency="GBP", timezone="Europe/London")


def test_the_key_itself_is_kept_nowhere() -> None:
    key = json.loads(run())["api_key"]

    row = ApiKey.objects.values().get()
    assert not any(key in str(value) for value in row.values())


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("slug", "copper pot", "copper-pot"),
        ("name", "", "The Copper Pot"),
        ("timezone", "London", "Europe/London"),
        ("timezone", "localtime", "Europe/London"),
        ("timezone", "Factory", "Europe/London"),
        ("country", "gb", "GB"),
        ("country", "UK", "The United Kingdom's is GB."),
        ("country", "XX", "XX is not a country code."),
        ("currency", "pounds", "GBP"),
        ("email", "kitchen", "where storekit sends alerts"),
    ],
)
def test_bad_input_is_refused_with_the_option_and_what_to_give(option: str, value: str, hint: str) -> None:
    with pytest.raises(CommandError) as refusal:
        run(**{option: value})

    assert str(refusal.value).startswith(f"--{option} ")
    assert hint in str(refusal.value)
    assert not Venue.objects.exists()
    assert not ApiKey.objects.exists()


def test_a_slug_in_use_is_refused_and_nothing_is_added() -> None:
    run()

    with pytest.raises(CommandError, match=r"--slug: 'copper-pot' is already in use"):
        run(name="Another Pot")

    assert Venue.objects.get().name == "The Copper Pot"
    assert ApiKey.objects.count() == 1
