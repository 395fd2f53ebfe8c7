"""The tasks of menus. Each takes ids and returns a line for the task queue's log."""

from functools import partial

from integrations.models import SyncRun
from integrations.pos import PosError
from integrations.syncs.queue import SYNCS
from integrations.syncs.runs import SyncAlreadyRunning, queued_run
from integrations.webhooks import ledger
from menus.images import fetching, files
from menus.snoozes import service as snoozes
from menus.stock import reconciliation
from menus.sync.rollback import undo
from menus.sync.run import run_queued
from storekit.models import Venue
from storekit.queue.worker_threads import Lane

STOCK = Lane("stock", threads=3, per_key=1)
# One at a time: images have time, and each run downloads several at once.
IMAGES = Lane("images", threads=1, per_key=1)


def sync_menu(run_id: int) -> str:
    """Carry out a queued menu sync or undo, unless it has already started. Its row records the outcome."""
    run = queued_run(run_id=run_id)
    return str(SYNCS.hand_over(run.connection.venue_id, partial(_carry_out, run)))


def _carry_out(run: SyncRun) -> str:
    try:
        return _sync_or_undo(run).state
    except SyncAlreadyRunning as error:
        return str(error)


def _sync_or_undo(run: SyncRun) -> SyncRun:
    if not run.options.get("undo"):
        return run_queued(run=run)
    return undo(
        venue=run.connection.venue,
        state_id=run.options.get("state_id"),
        started_by=run.started_by,
        preview=bool(run.options.get("preview")),
        queued=run,
    )


def fetch_images() -> str:
    """Download the product images that are due. Queued when a menu changes, and every few minutes."""
    return str(IMAGES.hand_over("all venues", fetching.fetch_due))


def remove_unused_images() -> str:
    """Delete image files that no product has used for a week or longer."""
    return f"{files.remove_unused()} removed"


def handle_item_notification(notification_id: int) -> str:
    """Process a stored notification from the POS about an item."""
    return ledger.process(notification_id=notification_id, handle=reconciliation.record_item_notification)


def wake_due() -> str:
    """End the snoozes that are over. Checking costs one query when none is due."""
    return f"{snoozes.wake_due()} woken"


def reconcile(venue_id: int) -> str:
    """Compare one venue's stock with the POS, if that is still due. Its row records any error."""
    return str(STOCK.hand_over(venue_id, partial(_reconcile, venue_id)))


def _reconcile(venue_id: int) -> str:
    try:
        found = reconciliation.reconcile_if_due(venue=Venue.objects.get(pk=venue_id))
    except PosError as error:
        return str(error)
    return "nothing to do" if found is None else f"{len(found.differences)} of {found.items} differed"


def sweep_stock() -> str:
    """Queue the stock comparisons with the POS that are due."""
    return f"{reconciliation.enqueue_due()} queued"
