"""The menus that this process keeps in memory, ready to send.

The key of a menu is everything that decides its bytes, its version included, so no entry can be out of date or needs
to be invalidated.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from menus.storefront.compression import CompressedMenu

_MOST_BYTES = 32 * 1024 * 1024


class MenuCache:
    """A least-recently-used cache limited by size in bytes. Thread-safe."""

    def __init__(self, *, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._menus: OrderedDict[Hashable, CompressedMenu] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> CompressedMenu | None:
        """Return the menu, or None."""
        with self._lock:
            found = self._menus.get(key)
            if found is not None:
                self._menus.move_to_end(key)
            return found

    def add(self, key: Hashable, menu: CompressedMenu) -> None:
        """Add the menu, removing the least recently used ones to make room. One larger than the cache is not added."""
        if menu.size > self._most_bytes:
            return
        with self._lock:
            replaced = self._menus.pop(key, None)
            self._bytes += menu.size - (replaced.size if replaced else 0)
            self._menus[key] = menu
            while self._bytes > self._most_bytes:
                self._bytes -= self._menus.popitem(last=False)[1].size

    def clear(self) -> None:
        """Remove everything."""
        with self._lock:
            self._menus.clear()
            self._bytes = 0
