"""`manage.py sync_menu`."""

import io
from collections.abc import Iterator

import pytest
import responses
from django.core.management import call_command
from django.core.management.base import CommandError

from integrations.models import Connection
from menus.models import Menu
from storekit.models import Venue
from tests.menus.pos_answers import answer_menu, answer_menu_list, item, menu, screen


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: str, stderr: io.StringIO | None = None) -> tuple[str, str]:
    out, err = io.StringIO(), stderr or io.StringIO()
    call_command("sync_menu", *arguments, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_what_changed(connection: Connection, venue: Venue) -> None:
    answer_menu_list((168, "Online menu"))
    answer_menu(menu(screen("1", item("BURGER"), item("", productName="Nameless"))))

    out, err = run("copper-pot")

    assert out == "The Copper Pot: menu is up to date with the POS (2 created, 0 updated, 0 archived, 0 unchanged).\n"
    assert " 15% Loading the menu from the POS" in err
    assert "warning: " in err


def test_a_terminal_shows_a_progress_bar_and_clears_it(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))

    _, err = run("copper-pot", "--menu", "168", stderr=Terminal())

    assert "█" * 18 + "░" * 12 + "  60% Comparing" in err
    assert err.endswith("\r\x1b[2K")
    assert Menu.objects.get(venue=venue).pos_menu_id == "168"


def test_a_failed_sync_is_an_error_with_the_reason(connection: Connection, venue: Venue) -> None:
    answer_menu_list((271, "All day"), (272, "Brunch"))

    with pytest.raises(CommandError, match="several menus in the POS: 271"):
        run("copper-pot")


def test_force_applies_an_emptied_menu(connection: Connection, venue: Venue) -> None:
    answer_menu(menu(screen("1", item("BURGER"))))
    run("copper-pot", "--menu", "168")
    answer_menu(menu())

    with pytest.raises(CommandError, match="--force"):
        run("copper-pot")
    out, _ = run("copper-pot", "--force")

    assert "2 archived" in out


def test_an_unknown_slug_lists_the_venues(venue: Venue, other_venue: Venue) -> None:
    with pytest.raises(CommandError, match=r"called copper\. Venues: blue-door, copper-pot\."):
        run("copper")


@pytest.mark.django_db
def test_an_unknown_slug_without_any_venues_says_how_to_add_one() -> None:
    with pytest.raises(CommandError, match="create_venue"):
        run("copper")
