"""What the last comparison of a venue's items with its till found, in words for staff."""

from datetime import datetime

from menus.models import StockWatch
from storekit.models import Venue

_MOST_SHOWN = 20


def last_comparison(*, venue: Venue) -> str:
    """When it was, what it found, and what went wrong since; empty before the first."""
    watch = StockWatch.objects.filter(venue=venue).first()
    if watch is None:
        return ""

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(venue.zone):%-d %b, %H:%M}"

    lines = []
    if watch.compared_at:
        lines.append(f"{at(watch.compared_at)}: {watch.items} items")
    if watch.error:
        again = f" It is tried again at {at(watch.due_at)}." if watch.due_at else ""
        lines.append(f"It could not be compared since: {watch.error}{again}")
    elif watch.due_at:
        lines.append("It is being compared at this moment.")
    if watch.differed_at:
        more = len(watch.differences) - _MOST_SHOWN
        lines.append(f"What differed on {at(watch.differed_at)} and was put right:")
        lines += watch.differences[:_MOST_SHOWN]
        lines += [f"and {more} more"] if more > 0 else []
    return "\n".join(lines)
