"""Read the warnings that come with an answer: `[{information, type}]`. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from typing import Any

from integrations.lightspeed.mapping.json_fields import clean

_MAX_LENGTH = 200


def warnings_in(source: Any) -> tuple[str, ...]:
    """Return the distinct warnings of an object, in Lightspeed's words.

    Anything that is not as documented is left out: a warning never makes an answer unusable.
    """
    entries = source.get("warnings") if isinstance(source, dict) else None
    found = [_warning(entry) for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return tuple(dict.fromkeys(filter(None, found)))


def _warning(entry: dict[str, Any]) -> str:
    information = entry.get("information") or entry.get("type")
    return clean(information)[:_MAX_LENGTH] if isinstance(information, str) else ""
