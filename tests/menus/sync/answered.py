"""Syncs of a menu that the POS has just responded with."""

from typing import Any

from integrations.models import SyncRun
from menus.sync.run import sync_menu
from storekit.models import Venue
from tests.menus.pos_answers import answer_menu

Json = dict[str, Any]


def sync(venue: Venue, body: Json, **options: Any) -> SyncRun:
    """Make `body` the POS's menu, sync it, and return the succeeded run."""
    answer_menu(body)
    run = sync_menu(venue=venue, menu_id="168", started_by="a test", **options)
    assert run.state == SyncRun.State.SUCCEEDED, run.error
    return run
