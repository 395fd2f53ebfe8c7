"""Sync runs with work that the tests make up."""

from collections.abc import Callable
from typing import Any

from integrations.connect.service import pos_for
from integrations.models import SyncRun
from integrations.pos import PointOfSale
from integrations.syncs.runs import Progress, sync_run
from storekit.models import Venue

Work = Callable[[PointOfSale, Progress], dict[str, int]]


def run_sync(*, venue: Venue, kind: SyncRun.Kind, started_by: str, work: Work, **options: Any) -> SyncRun:
    """Run `work` as a sync of the venue, and return its finished run. `options` are those of `sync_run`."""
    with sync_run(venue=venue, kind=kind, started_by=started_by, **options) as progress:
        progress.count(**work(pos_for(venue), progress))
    return progress.run


def do_nothing(pos: PointOfSale, progress: Progress) -> dict[str, int]:
    """Work that succeeds at once."""
    return {"created": 2}
