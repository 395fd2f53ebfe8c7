"""Describe the result of a venue's last stock comparison to staff."""

from datetime import datetime

from menus.models import StockWatch
from storekit.models import Venue

_MAX_SHOWN = 20


def last_comparison(*, venue: Venue) -> str:
    """Return when stock was last compared, what was corrected and what has failed since; empty before the first."""
    watch = StockWatch.objects.filter(venue=venue).first()
    if watch is None:
        return ""

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(venue.zone):%-d %b, %H:%M}"

    lines = []
    if watch.compared_at:
        lines.append(f"{at(watch.compared_at)}: {watch.items} items compared")
    if watch.error:
        retry = f" Next attempt: {at(watch.due_at)}." if watch.due_at else ""
        lines.append(f"The latest comparison failed: {watch.error}{retry}")
    elif watch.due_at:
        lines.append("A comparison is in progress.")
    if watch.differed_at:
        more = len(watch.differences) - _MAX_SHOWN
        lines.append(f"Corrected on {at(watch.differed_at)}:")
        lines += watch.differences[:_MAX_SHOWN]
        lines += [f"and {more} more"] if more > 0 else []
    return "\n".join(lines)
