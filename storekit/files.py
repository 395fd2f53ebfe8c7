"""How uploaded and fetched files are kept on a disk that several processes, and hosts, may share."""

import os
import uuid
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """A file appears whole under its name or not at all, so that nobody reads half of one whose writer is at work.

    Names are kept as they are asked for. Writing one twice is for callers whose names follow from the content.
    """

    def _save(self, name: str, content: Any) -> str:
        part: str = super()._save(f"{name}.{uuid.uuid4().hex}.part", content)  # type: ignore[misc]  # undocumented in the stubs only
        os.replace(self.path(part), self.path(name))
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name
