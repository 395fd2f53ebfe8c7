"""The sandbox provider's cards, as a guest chooses them. Only a desk or a test installation shows them."""

from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

_NAMES = {
    "ok": _("A card that pays"),
    "confirm": _("A card that asks for a confirmation"),
    "slow": _("A card that takes its time"),
    "declined": _("A card that is declined"),
    "insufficient_funds": _("A card without enough money"),
    "captures_first": _("A method that is paid at once"),
    "lost_answer": _("A card whose answer gets lost"),
    "capture_fails": _("A card that fails in the end"),
}


class SandboxCard(NamedTuple):
    """A card of the sandbox provider. `name` is in the active language."""

    token: str
    name: str


def sandbox_cards() -> list[SandboxCard]:
    """Return the cards to choose from."""
    return [SandboxCard(token, gettext(name)) for token, name in _NAMES.items()]
