"""Store uploaded and fetched files on a disk that several processes and hosts may share."""

import os
import uuid
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """Write each file atomically, so that no reader ever sees half of one.

    Names are used as given and existing files are replaced, so callers derive names from the content.
    """

    def _save(self, name: str, content: Any) -> str:
        part: str = super()._save(f"{name}.{uuid.uuid4().hex}.part", content)  # type: ignore[misc]  # undocumented in the stubs only
        os.replace(self.path(part), self.path(name))
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name
