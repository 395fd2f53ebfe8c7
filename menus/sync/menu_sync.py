"""One sync of a menu: ask the POS, compare, write what differs, or wait for a person."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.utils import timezone

from integrations.connect.venue_settings import settings_of
from integrations.models import SyncRun
from integrations.pos import AllergenNames, MenuDocument, MenuReading, MenuSnapshot, PointOfSale, PosError, Restriction
from integrations.syncs.runs import Progress, SyncFailed, SyncHeld
from menus.models import Menu, SyncCheckpoint
from menus.sync.apply import PlanOutdated
from menus.sync.commit import Outcome, Supplement, count_entries, record, record_supplement
from menus.sync.diff import MenuPlan, StoredMenu
from menus.sync.full_plan import plan_sync
from menus.sync.light_plan import plan_light
from menus.sync.safeguards import reason_to_hold, says_more_than_its_part
from menus.sync.stored_menu import GroupsOnTheMenu, StoredPart, load_stored, load_stored_part
from menus.sync.summary import summary
from menus.versions import MenuBusy, read_one_version
from storekit.collector import collector_paused
from storekit.models import Venue

_TRIES = 5
# Goes up when the same snapshot is written in another way than before.
_PLANNING_VERSION = 1
_CHANGED_SINCE = "The POS's menu or a setting has changed since the plan that was looked at. This is the new plan."


@dataclass(frozen=True)
class SyncOptions:
    """How a sync was asked for; kept as the run's `options`."""

    menu_id: str | None = None
    force: bool = False
    light: bool = False
    preview: bool = False
    held_run: int | None = None
    """The run whose plan a person has looked at."""


@dataclass(frozen=True)
class _Answer:
    """What the POS answered, beside the menu itself."""

    digest: str
    supplement: Supplement


class MenuSync:
    """One sync from the question to the outcome. The network comes first; nothing is asked while rows are written."""

    def __init__(
        self, venue: Venue, options: SyncOptions, pos: PointOfSale, progress: Progress, *, scheduled: bool
    ) -> None:
        self._venue = venue
        self._options = options
        self._pos = pos
        self._progress = progress
        self._scheduled = scheduled
        self._settings = settings_of(venue)

    @collector_paused()
    def outcome(self) -> dict[str, int]:
        """The counts of what changed. Raises `SyncHeld`, `SyncFailed` and `PosError`."""
        self._progress.report(5, "Choosing the menu")
        menu = Menu.objects.filter(venue=self._venue).first() or Menu(venue=self._venue)
        chosen = self._chosen_menu(menu)
        self._progress.report(15, "Loading the menu from the POS")
        document = self._pos.menu_document(chosen)
        supplement = self._supplement()
        digest = self._digest(document)
        if self._is_in_step(menu, digest):
            return self._leave(menu, supplement)
        self._progress.report(40, "Reading the menu")
        answer = _Answer(digest, supplement)
        groups = GroupsOnTheMenu(self._venue)
        reading = document.read(self._checkpoint(menu), groups)
        if reading.changed is not None:
            counts = self._bring_part_in_step(menu, reading, answer)
            if counts is not None:
                return counts
            reading = document.read(b"", groups)
        self._warn(reading.snapshot.warnings)
        self._progress.report(60, "Comparing")
        return self._bring_in_step(menu, replace(reading.snapshot, menu_id=chosen), answer, reading.checkpoint)

    def _chosen_menu(self, menu: Menu) -> str:
        wanted = self._options.menu_id
        if self._options.light and (menu.version == 0 or wanted not in (None, menu.pos_menu_id)):
            raise SyncFailed("A light sync needs the menu to be synced as a whole first.")
        if wanted or menu.pos_menu_id:
            return wanted or menu.pos_menu_id
        menus = self._pos.menus()
        if not menus:
            raise SyncFailed("The POS location has no menu yet. Make one in the POS's back office, then sync again.")
        if len(menus) > 1:
            listed = ", ".join(f"{menu.id} ({menu.name})" for menu in menus)
            raise SyncFailed(
                f"The POS location has several menus: {listed}. "
                "Choose one with --menu ID, or on the back office's page Sync menu; it is remembered."
            )
        return menus[0].id

    def _supplement(self) -> Supplement:
        """What a sync reads beside the menu. A full one does without; half of a light one is this."""
        asked_at = timezone.now()
        if self._options.light:
            return Supplement(restrictions=self._pos.availability(), allergens=None, asked_at=asked_at)
        restrictions: tuple[Restriction, ...] | None = None
        allergens: tuple[AllergenNames, ...] | None = None
        try:
            restrictions = self._pos.availability()
        except PosError as error:
            self._progress.warn(f"What is sold out could not be read, and stays as it was: {error}")
        try:
            allergens = self._pos.allergens()
        except PosError as error:
            self._progress.warn(f"The allergens' names could not be read, and stay as they were: {error}")
        return Supplement(restrictions=restrictions, allergens=allergens, asked_at=asked_at)

    def _digest(self, document: MenuDocument) -> str:
        """Of the answer and of every setting that shapes what is made of it."""
        return hashlib.sha256(f"{self._settings_fingerprint()} {document.digest}".encode()).hexdigest()

    def _settings_fingerprint(self) -> str:
        settings = self._settings
        return f"{_PLANNING_VERSION} {settings.update_descriptions} {settings.update_images}"

    def _is_in_step(self, menu: Menu, digest: str) -> bool:
        if self._options.force:
            return False
        if self._scheduled and menu.reverted_digest == digest:
            # A schedule must not take over again what a person went back from; a person may.
            self._progress.warn(
                "The POS still has the menu that a person went back from, so it was not taken over. "
                "Sync by hand to take it over all the same."
            )
            return True
        return menu.digest == digest

    def _leave(self, menu: Menu, supplement: Supplement) -> dict[str, int]:
        self._warn(menu.warnings)
        counts = {"created": 0, "updated": 0, "archived": 0, "unchanged": count_entries(venue=self._venue)}
        if self._options.preview:
            return counts
        return counts | record_supplement(menu=menu, supplement=supplement)

    def _checkpoint(self, menu: Menu) -> bytes:
        """Of the answer that the menu still is; empty when something has changed since, or everything is wanted.

        People's descriptions would have to be looked for in the whole menu, so where they stay it is read whole.
        """
        options = self._options
        if options.force or options.light or options.preview or not self._settings.update_descriptions:
            return b""
        checkpoint = SyncCheckpoint.objects.filter(menu=menu.pk).first() if menu.digest else None
        if checkpoint is None or (checkpoint.digest, checkpoint.settings_fingerprint) != (
            menu.digest,
            self._settings_fingerprint(),
        ):
            return b""
        return bytes(checkpoint.content)

    def _bring_part_in_step(self, menu: Menu, reading: MenuReading, answer: _Answer) -> dict[str, int] | None:
        """As `_bring_in_step`, with what changed since the menu's last answer; None when the menu is to be read whole.

        No product comes or goes with a part, so there is nothing to be held for a person.
        """
        part = replace(reading.snapshot, menu_id=menu.pos_menu_id)
        self._progress.report(60, "Comparing")

        def read() -> tuple[bool, StoredPart, int]:
            still = Menu.objects.filter(pk=menu.pk, digest=menu.digest).exists()
            held = load_stored_part(venue=self._venue, skus=reading.changed or (), part=part)
            return still, held, count_entries(venue=self._venue)

        try:
            version, (still, held, entries) = read_one_version(venue=self._venue, read=read)
        except MenuBusy:
            return None
        plan = plan_sync(snapshot=part, held=held.rows)
        if not still or says_more_than_its_part(plan=plan, held=held.rows, asked_elsewhere=held.asked_elsewhere):
            return None
        plan.counts["unchanged"] += entries - held.rows.count_on_the_menu()
        self._progress.count(**plan.counts)
        self._progress.report(75, "Writing what differs")
        try:
            counts = self._record(part, plan, held.rows, version, answer, reading.checkpoint)
        except PlanOutdated:
            return None
        self._warn(part.warnings)
        return counts

    def _bring_in_step(self, menu: Menu, snapshot: MenuSnapshot, answer: _Answer, checkpoint: bytes) -> dict[str, int]:
        for _ in range(_TRIES):
            try:
                version, held = read_one_version(venue=self._venue, read=partial(load_stored, venue=self._venue))
            except MenuBusy:
                continue
            plan = self._plan(snapshot, held)
            self._progress.count(**plan.counts)
            self._hold_if_needed(snapshot, plan, held, answer.digest, version)
            if self._options.preview:
                self._warn(plan.warnings)
                return plan.counts
            self._progress.report(75, "Writing what differs")
            try:
                return self._record(snapshot, plan, held, version, answer, checkpoint)
            except PlanOutdated:
                continue
        raise SyncFailed("The menu was being changed all the while. Sync again in a minute.")

    def _record(
        self, snapshot: MenuSnapshot, plan: MenuPlan, held: StoredMenu, version: int, answer: _Answer, checkpoint: bytes
    ) -> dict[str, int]:
        """Writes the plan, and returns its counts. Raises `PlanOutdated`."""
        outcome = Outcome(
            snapshot=snapshot,
            plan=plan,
            held=held,
            version=version,
            digest=answer.digest,
            run_id=self._progress.run_id,
            settings_fingerprint=self._settings_fingerprint(),
            checkpoint=checkpoint,
            is_light=self._options.light,
        )
        counts = plan.counts | record(venue=self._venue, outcome=outcome, supplement=answer.supplement)
        self._warn(plan.warnings)
        return counts

    def _warn(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self._progress.warn(sentence)

    def _plan(self, snapshot: MenuSnapshot, held: StoredMenu) -> MenuPlan:
        if self._options.light:
            return plan_light(snapshot=snapshot, held=held)
        return plan_sync(snapshot=snapshot, held=held, keep_descriptions=not self._settings.update_descriptions)

    def _hold_if_needed(
        self, snapshot: MenuSnapshot, plan: MenuPlan, held: StoredMenu, digest: str, version: int
    ) -> None:
        reason = "" if self._options.light else reason_to_hold(snapshot=snapshot, plan=plan, held=held)
        if self._options.force:
            looked_at = self._digest_looked_at(snapshot.menu_id)
            reason = _CHANGED_SINCE if looked_at not in ("", digest) else ""
        if not (reason or (self._options.preview and plan)):
            return
        self._warn(plan.warnings)
        shown: dict[str, Any] = {
            "reason": reason,
            "digest": digest,
            "menu_id": snapshot.menu_id,
            "menu_name": snapshot.name,
            "version": version,
            "light": self._options.light,
        }
        raise SyncHeld(reason, plan=shown | summary(plan=plan, held=held), counts=plan.counts)

    def _digest_looked_at(self, menu_id: str) -> str:
        """Of the plan that a person has had before their eyes; empty when there is none."""
        runs = SyncRun.objects.filter(connection__venue=self._venue, kind=SyncRun.Kind.MENU)
        if self._options.held_run is not None:
            plan = runs.filter(pk=self._options.held_run).values_list("plan", flat=True).first() or {}
        else:
            waiting = runs.filter(state=SyncRun.State.HELD, plan__menu_id=menu_id, plan__light=self._options.light)
            plan = waiting.values_list("plan", flat=True).order_by("-pk").first() or {}
        return str(plan.get("digest", ""))
