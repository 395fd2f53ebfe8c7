"""A disk of a few megabytes that a test can fill to the last byte, and that nothing else on the machine notices.

It lies in memory, and in a mount namespace of its own: only processes that are started on it see it, and it is gone
with the last of them, however they end. Root may make such a namespace, and so may everybody else where the kernel lets
ordinary users make namespaces of users; some containers allow neither.
"""

import os
import subprocess
from pathlib import Path

_UNPRIVILEGED = "nobody"
_BALLOON = "balloon"
_MEGABYTE = b"\0" * 1024 * 1024
_LONGEST_TEST_SECONDS = "3600"


class SmallDisk:
    """A file system at `folder`, for the processes whose command line begins with `prefix`.

    Args:
        folder: exists already, and is empty.
        megabytes: how large it is; memory is used only for what is written.

    Raises:
        OSError: this machine does not allow it.
    """

    def __init__(self, folder: Path, *, megabytes: int) -> None:
        is_root = os.geteuid() == 0
        own_users = [] if is_root else ["--user", "--map-current-user", "--keep-caps"]
        mount = f'mount -t tmpfs -o size={megabytes}m,mode=1777 tmpfs "$0" && echo mounted && exec sleep "$1"'
        self._folder = folder
        self._holder = subprocess.Popen(
            ["unshare", *own_users, "--mount", "sh", "-c", mount, str(folder), _LONGEST_TEST_SECONDS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout
        if self._holder.stdout.readline() != "mounted\n":
            raise OSError(f"no small disk here: {self._holder.communicate()[1].strip()}")
        enter = ["nsenter", "--target", str(self._holder.pid), "--mount"]
        as_whom = ["setpriv", f"--reuid={_UNPRIVILEGED}", "--regid=65534", "--clear-groups"]
        self.prefix = [*enter, *as_whom] if is_root else [*enter, "--user", "--preserve-credentials"]

    def fill(self) -> None:
        """Leave no byte of it free."""
        with (self._inside / _BALLOON).open("ab", buffering=0) as balloon:
            size = len(_MEGABYTE)
            while size:
                try:
                    balloon.write(_MEGABYTE[:size])
                except OSError:
                    size //= 2

    def make_room(self) -> None:
        """Free what `fill` took."""
        (self._inside / _BALLOON).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of it; it is gone when the processes on it are."""
        self._holder.kill()
        self._holder.communicate()

    @property
    def _inside(self) -> Path:
        """The folder as the processes on the disk see it."""
        return Path(f"/proc/{self._holder.pid}/root{self._folder}")
