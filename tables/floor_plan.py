"""Sync the venue's areas and tables from the POS. Ids survive renames and moves, so QR codes stay valid."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction

from integrations.connect.service import pos_for
from integrations.models import SyncRun
from integrations.pos import FloorArea, FloorTable
from integrations.syncs.runs import sync_run
from storekit.db import clock
from storekit.models import Venue
from tables.codes.tokens import give_tokens
from tables.models import Area, Table

AnyRow = TypeVar("AnyRow", Area, Table)

_LONGEST_NAME = 120
_MOST_SEATS = 32767


def sync_floor_plan(
    *,
    venue: Venue,
    started_by: str,
    queued: SyncRun | None = None,
    on_progress: Callable[[int, str], None] | None = None,
) -> SyncRun:
    """Sync the floor plan, and return the run with its counts or its error.

    Areas and tables that are gone or inactive at the POS are archived; if they return, they keep their ids. `queued` is
    the run to start, if the sync was queued.

    Raises:
        SyncAlreadyRunning: another sync of this venue's floor plan is queued or running, or the queued run has already
            started.
    """
    with sync_run(
        venue=venue, kind=SyncRun.Kind.FLOOR_PLAN, started_by=started_by, on_progress=on_progress, queued=queued
    ) as progress:
        pos = pos_for(venue)
        progress.report(10, "Loading the floor plan from the POS")
        plan = pos.floor_plan()
        progress.warn(*floor_plan_warnings(plan))
        progress.report(60, "Writing the changes")
        progress.count(**_apply(venue, plan))
    return progress.run


def floor_plan_warnings(plan: Sequence[FloorArea]) -> list[str]:
    """Return the problems with the POS's floor plan, as sentences for venue staff."""
    if not plan:
        return ["This location has no floor plan in the POS, so all areas and tables are archived until it has one."]
    by_number: dict[int, list[str]] = defaultdict(list)
    for area, table in _active_tables(plan).values():
        by_number[table.number].append(f"{table.name or table.id} ({area.name})")
    return [
        f"{len(names)} tables have the number {number}: {', '.join(names)}. Give each table its own number in the "
        "POS: orders and bills find a table by its number."
        for number, names in sorted(by_number.items())
        if len(names) > 1
    ]


def _active_tables(plan: Iterable[FloorArea]) -> dict[str, tuple[FloorArea, FloorTable]]:
    return {table.id: (area, table) for area in plan for table in area.tables if table.active}


@dataclass
class _Changes:
    """Rows to insert and to update, and the counts."""

    create: list[Any] = field(default_factory=list)
    update: list[Any] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"created": 0, "updated": 0, "archived": 0, "unchanged": 0})


def _apply(venue: Venue, plan: Sequence[FloorArea]) -> dict[str, int]:
    with transaction.atomic():
        # Only one writer per venue, even if a running sync's lease has run out.
        Venue.objects.select_for_update().get(pk=venue.pk)
        areas = {area.pos_id: area for area in Area.objects.filter(venue=venue)}
        target_areas = {
            area.id: {"name": area.name[:_LONGEST_NAME], "position": position} for position, area in enumerate(plan)
        }
        area_changes = _changes(Area, venue, areas, target_areas)
        area_ids = {area.pos_id: area.pk for area in (*areas.values(), *area_changes.create)}
        target_tables = {
            id: {
                "area_id": area_ids[area.id],
                "number": table.number,
                "name": table.name[:_LONGEST_NAME],
                "seats": min(table.seats, _MOST_SEATS),
            }
            for id, (area, table) in _active_tables(plan).items()
        }
        tables = {table.pos_id: table for table in Table.objects.filter(venue=venue)}
        table_changes = _changes(Table, venue, tables, target_tables)
        _write(Area, area_changes, ["name", "position", "archived_at"])
        _write(Table, table_changes, ["area", "number", "name", "seats", "archived_at"])
        give_tokens(venue=venue)
    return {name: count + table_changes.counts[name] for name, count in area_changes.counts.items()}


def _changes(
    model: type[AnyRow], venue: Venue, stored: Mapping[str, AnyRow], targets: Mapping[str, dict[str, Any]]
) -> _Changes:
    changes = _Changes()
    for pos_id, values in targets.items():
        row = stored.get(pos_id)
        if row is None:
            changes.create.append(model(venue=venue, pos_id=pos_id, **values))
            changes.counts["created"] += 1
        elif row.archived_at or any(getattr(row, name) != value for name, value in values.items()):
            _set(row, archived_at=None, **values)
            changes.update.append(row)
            changes.counts["updated"] += 1
        else:
            changes.counts["unchanged"] += 1
    for pos_id, row in stored.items():
        if pos_id not in targets and row.archived_at is None:
            _set(row, archived_at=clock.now())
            changes.update.append(row)
            changes.counts["archived"] += 1
    return changes


def _set(row: Area | Table, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _write(model: type[AnyRow], changes: _Changes, columns: list[str]) -> None:
    model._default_manager.bulk_create(changes.create)
    if changes.update:
        model._default_manager.bulk_update(changes.update, columns, batch_size=200)
