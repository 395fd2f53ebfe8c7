"""The menus that this process has in its memory, ready to be sent.

A menu is found by everything that decides its bytes, its version included, so that nothing here can be out of date and
nothing is ever taken back.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from menus.storefront.compression import CompressedMenu

_MOST_BYTES = 32 * 1024 * 1024


class MenuCache:
    """Keeps what was asked for last, as much as fits; safe to use from several threads."""

    def __init__(self, *, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._menus: OrderedDict[Hashable, CompressedMenu] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> CompressedMenu | None:
        """The menu, if it is here."""
        with self._lock:
            found = self._menus.get(key)
            if found is not None:
                self._menus.move_to_end(key)
            return found

    def keep(self, key: Hashable, menu: CompressedMenu) -> None:
        """Puts the menu in, and out what nobody asked for longest. One larger than the whole shelf is not kept."""
        if menu.size > self._most_bytes:
            return
        with self._lock:
            replaced = self._menus.pop(key, None)
            self._bytes += menu.size - (replaced.size if replaced else 0)
            self._menus[key] = menu
            while self._bytes > self._most_bytes:
                self._bytes -= self._menus.popitem(last=False)[1].size

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._menus.clear()
            self._bytes = 0
