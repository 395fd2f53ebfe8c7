"""The menu's version, raised by every change that guests can see."""

from collections.abc import Callable
from typing import TypeVar

from django.db.models import F

from menus.models import Menu
from storekit.models import Venue

Found = TypeVar("Found")

_TRIES = 5


class MenuBusy(Exception):
    """The menu kept changing while it was being read: try again a little later."""


def version_of(*, venue: Venue) -> int:
    """Return the venue's current menu version; 0 before the first sync."""
    return Menu.objects.filter(venue=venue).values_list("version", flat=True).first() or 0


def raise_version(*, menu: Menu) -> None:
    """Raise the menu's version. Call it in the transaction that changes what guests see."""
    Menu.objects.filter(pk=menu.pk).update(version=F("version") + 1)


def lock_menu(*, venue: Venue) -> Menu:
    """Return the venue's menu, locked until the transaction ends. Everything that changes what can be ordered locks it.

    Call this inside a transaction. Before the first sync an empty menu is created to be locked, so that updates from
    the POS are stored one at a time even then, and not at the same time as that first sync.
    """
    rows = Menu.objects.select_for_update().filter(venue=venue)
    menu = rows.first()
    if menu is None:
        Menu.objects.get_or_create(venue=venue)
        menu = rows.get()
    return menu


def read_one_version(*, venue: Venue, read: Callable[[], Found]) -> tuple[int, Found]:
    """Return the menu version, and what `read` returned from rows of that one version.

    A sync may commit between two of `read`'s queries. It commits its rows and the raised version together, so if the
    version is the same before and after, nothing changed in between; otherwise `read` is called again. This takes no
    lock and needs no isolation level above READ COMMITTED.

    Raises:
        MenuBusy: the version changed during each of a few tries.
    """
    version = version_of(venue=venue)
    for _ in range(_TRIES):
        found = read()
        now = version_of(venue=venue)
        if now == version:
            return version, found
        version = now
    raise MenuBusy("The menu is being updated. Try again in a moment.")
