"""What to do about an order that was refused for a reason which sending it again, as it is, does not change."""

# By the causes that the port names.
_BY_CAUSE = {
    "check_gone": "Key it in by hand on a new check, and mark it so in the back office.",
    "restricted": "Speak to the guest, then cancel it, or key in by hand what there is and mark it so.",
}


def advice_on(*, cause: str) -> str:
    """A sentence for venue staff; empty when the order can be put right and sent again."""
    return _BY_CAUSE.get(cause, "")
