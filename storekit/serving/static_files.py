"""Static files under names that contain a hash of their content, which browsers keep without asking for them again."""

from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django rewrites what scripts import either in all of them or in none, and other packages' are not ours to touch.
_IMPORTS = (
    "tables/guest/*.js",
    (
        (r"""(?P<matched>from ["'](?P<url>\./.*?)["'])""", 'from "%(url)s"'),
        (r"""(?P<matched>import\(["'](?P<url>\./.*?)["']\))""", 'import("%(url)s")'),
    ),
)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """The storage of collected files, with a compressed copy of each.

    A file that was not collected keeps its plain name: `manage.py prepare` is not needed to see a page.
    """

    patterns = (*ManifestStaticFilesStorage.patterns, _IMPORTS)

    def create_compressor(self, **options: Any) -> Compressor:
        # Brotli takes long for the API's documentation, which is the bulk of these files.
        return Compressor(**{**options, "use_brotli": False})

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
