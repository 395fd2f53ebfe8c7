"""Advice on orders that were refused for a reason which sending them again, unchanged, does not remove."""

# By the causes that the port names.
_BY_CAUSE = {
    "check_gone": "Key it in by hand on a new check, and mark it as entered by hand in the back office.",
    "restricted": "Speak to the guest. Then cancel it, or key in what you have and mark it as entered by hand.",
}


def advice_for(*, cause: str) -> str:
    """Return a sentence for venue staff; empty if the order can be corrected and sent again."""
    return _BY_CAUSE.get(cause, "")
