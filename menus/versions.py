"""The menu's version, which goes up with every change that guests may see."""

from collections.abc import Callable
from typing import TypeVar

from django.db.models import F

from menus.models import Menu
from storekit.models import Venue

Found = TypeVar("Found")

_TRIES = 5


class MenuBusy(Exception):
    """The menu changed again and again while it was being read: try once more a little later."""


def version_of(*, venue: Venue) -> int:
    """The venue's menu version now; 0 before the first sync."""
    return Menu.objects.filter(venue=venue).values_list("version", flat=True).first() or 0


def raise_version(*, menu: Menu) -> None:
    """Makes every reader read again. To be called in the transaction that changes what guests see."""
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
    """What `read` returns, with the version that all of it belongs to.

    Reading takes several queries, and a sync may commit between two of them. A sync commits its rows and the raised
    version at once, so the same version before and after means that nothing changed in between; otherwise `read` is
    called again. This needs no isolation level above READ COMMITTED and takes no lock.

    Raises:
        MenuBusy: when the version moved during every one of a few tries.
    """
    version = version_of(venue=venue)
    for _ in range(_TRIES):
        found = read()
        now = version_of(venue=venue)
        if now == version:
            return version, found
        version = now
    raise MenuBusy("The menu is changing at this moment.")
