"""What the task queue calls: ids in, a word out."""

from integrations.models import SyncRun
from integrations.pos import PosError
from integrations.syncs.runs import SyncAlreadyRunning, queued_run
from integrations.webhooks import ledger
from menus.images import fetching, files
from menus.snoozes import service as snoozes
from menus.stock import reconciliation
from menus.sync.rollback import undo
from menus.sync.run import run_queued
from storekit.models import Venue


def sync_menu(run_id: int) -> str:
    """Carries out a queued menu sync or undo; the outcome is its row. One that has begun already is left alone."""
    run = queued_run(run_id=run_id)
    try:
        return _carry_out(run).state
    except SyncAlreadyRunning as error:
        return str(error)


def _carry_out(run: SyncRun) -> SyncRun:
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
    """Brings the images that are due here; queued by whatever changes a menu, and now and then for what got lost."""
    return fetching.fetch_due()


def remove_unused_images() -> str:
    """Deletes the files that no product has shown for a week or longer."""
    return f"{files.remove_unused()} removed"


def handle_item_notification(notification_id: int) -> str:
    """Works on what the POS told us about an item."""
    return ledger.process(notification_id=notification_id, handle=reconciliation.record_item_notification)


def wake_due() -> str:
    """Wakes what has slept long enough; looked at every few seconds too, since it costs a query when nothing is due."""
    return f"{snoozes.wake_due()} woken"


def reconcile(venue_id: int) -> str:
    """Compares one venue's items with its till, if that is still due. What went wrong is written on its row."""
    try:
        found = reconciliation.reconcile_if_due(venue=Venue.objects.get(pk=venue_id))
    except PosError as error:
        return str(error)
    return "nothing to do" if found is None else f"{len(found.differences)} of {found.items} differed"


def sweep_stock() -> str:
    """Queues the comparisons with the till that are due."""
    return f"{reconciliation.enqueue_due()} queued"
