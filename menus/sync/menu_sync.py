"""One sync of a menu: load it from the POS, compare, and either write what differs or hold the plan for approval."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from integrations.connect.permissions import record_missing_permission
from integrations.connect.venue_settings import settings_of
from integrations.models import SyncRun
from integrations.pos import (
    AllergenNames,
    ItemUpdate,
    MenuDocument,
    MenuReading,
    MenuSnapshot,
    OrderType,
    PointOfSale,
    PosError,
    Unauthorised,
)
from integrations.syncs.runs import Progress, SyncFailed, SyncHeld
from menus.custom_fields import fee_item_warnings
from menus.models import Menu, SyncCheckpoint
from menus.open_prices import open_price_warnings
from menus.stock.pos_levels import ask_levels, skus_in, skus_on_menu
from menus.sync.apply import PlanOutdated
from menus.sync.commit import Supplement, SyncResult, commit_supplement, commit_sync, count_entries
from menus.sync.diff import MenuPlan, StoredMenu
from menus.sync.full_plan import plan_sync
from menus.sync.light_plan import plan_light
from menus.sync.safeguards import needs_full_read, reason_to_hold
from menus.sync.stored_menu import CurrentGroups, StoredPart, load_stored, load_stored_part
from menus.sync.summary import summarise_plan
from menus.versions import MenuBusy, read_one_version
from storekit.collector import collector_paused
from storekit.db import clock
from storekit.models import Venue

_TRIES = 5
# Raise this when the same snapshot is to be written differently than before, so that stored digests no longer match.
_PLANNING_VERSION = 1
_CHANGED_SINCE_REVIEW = "The POS's menu or a setting has changed since this plan was reviewed. Here is the new plan."


@dataclass(frozen=True)
class SyncOptions:
    """What a sync was started with; kept as the run's `options`. See `menus.sync.run.sync_menu`."""

    menu_id: str | None = None
    force: bool = False
    light: bool = False
    preview: bool = False
    held_run: int | None = None
    """The id of the held run whose plan was reviewed and is to be applied."""


@dataclass(frozen=True)
class _Response:
    """The POS's response, without the menu itself."""

    digest: str
    supplement: Supplement


class MenuSync:
    """One sync, from loading the menu to writing it. All network calls come before the first write.

    Call it inside `sync_run`: it returns the counts of what changed and raises `SyncHeld`, `SyncFailed` or `PosError`.
    """

    def __init__(
        self, venue: Venue, options: SyncOptions, pos: PointOfSale, progress: Progress, *, scheduled: bool
    ) -> None:
        self._venue = venue
        self._options = options
        self._pos = pos
        self._progress = progress
        self._scheduled = scheduled
        self._settings = settings_of(venue)

    def __call__(self) -> dict[str, int]:
        counts = self._sync()
        fees = (self._settings.delivery_fee_sku, self._settings.service_charge_sku, self._settings.discount_sku)
        self._progress.warn(
            *open_price_warnings(venue=self._venue, besides=fees),
            *fee_item_warnings(venue=self._venue, settings=self._settings),
        )
        return counts

    @collector_paused()
    def _sync(self) -> dict[str, int]:
        self._progress.report(5, "Choosing the menu")
        menu = Menu.objects.filter(venue=self._venue).first() or Menu(venue=self._venue)
        menu_id = self._choose_menu(menu)
        self._progress.report(15, "Loading the menu from the POS")
        document = self._load_menu(menu_id)
        digest = self._digest(document)
        if self._is_unchanged(menu, digest):
            return self._keep_menu(menu, self._load_supplement(set()))
        self._progress.report(25, "Reading the menu")
        groups = CurrentGroups(self._venue)
        reading = document.read(self._checkpoint(menu), groups)
        if reading.changed is not None:
            counts = self._sync_part(menu, reading, self._response(digest, reading))
            if counts is not None:
                return counts
            reading = document.read(b"", groups)
        self._progress.warn(*reading.snapshot.warnings)
        response = self._response(digest, reading)
        self._progress.report(60, "Comparing")
        return self._sync_whole(replace(reading.snapshot, menu_id=menu_id), response, reading.checkpoint)

    def _response(self, digest: str, reading: MenuReading) -> _Response:
        return _Response(digest, self._load_supplement(skus_in(reading.snapshot)))

    def _profiles(self) -> dict[str, str]:
        """Return the order profiles by order type."""
        return {type.value: self._settings.profile_of(type) for type in OrderType}

    def _load_menu(self, menu_id: str) -> MenuDocument:
        try:
            document = self._pos.menu_document(menu_id, self._profiles())
        except Unauthorised as error:
            record_missing_permission(venue=self._venue, sentence=str(error))
            raise
        record_missing_permission(venue=self._venue, sentence="")
        return document

    def _choose_menu(self, menu: Menu) -> str:
        chosen = self._options.menu_id
        if self._options.light and (menu.version == 0 or chosen not in (None, menu.pos_menu_id)):
            raise SyncFailed("Run a full sync of this menu before a light sync.")
        if chosen or menu.pos_menu_id:
            return chosen or menu.pos_menu_id
        menus = self._pos.menus()
        if not menus:
            raise SyncFailed(
                "This location has no menu in the POS yet. Create one in the POS's back office, then sync again."
            )
        if len(menus) > 1:
            listed = ", ".join(f"{menu.id} ({menu.name})" for menu in menus)
            raise SyncFailed(
                f"This location has several menus in the POS: {listed}. "
                "Choose one with --menu ID, or on the Sync menu page in the back office; the choice is remembered."
            )
        return menus[0].id

    def _load_supplement(self, new_skus: set[str]) -> Supplement:
        """Load allergens, and the stock levels of the items on our menu and of the new ones.

        Both are optional for a full sync; a light sync needs the stock levels.
        """
        self._progress.report(35, "Asking what is sold out")
        requested_at = clock.now()
        skus = sorted({*skus_on_menu(venue=self._venue), *new_skus})
        ask = partial(ask_levels, venue=self._venue, pos=self._pos, skus=skus)
        if self._options.light:
            return Supplement(levels=ask(), allergens=None, requested_at=requested_at)
        levels: tuple[ItemUpdate, ...] | None = None
        allergens: tuple[AllergenNames, ...] | None = None
        try:
            levels = ask()
        except PosError as error:
            self._progress.warn(f"Could not read what is sold out, so stock stays as it was: {error}")
        try:
            allergens = self._pos.allergens()
        except PosError as error:
            self._progress.warn(f"Could not read the allergen names, so they stay as they were: {error}")
        return Supplement(levels=levels, allergens=allergens, requested_at=requested_at)

    def _digest(self, document: MenuDocument) -> str:
        """Return the digest of the POS's response and of every setting that shapes how it is written."""
        return hashlib.sha256(f"{self._settings_fingerprint()} {document.digest}".encode()).hexdigest()

    def _settings_fingerprint(self) -> str:
        settings = self._settings
        return f"{_PLANNING_VERSION} {settings.update_descriptions} {settings.update_images}"

    def _is_unchanged(self, menu: Menu, digest: str) -> bool:
        if self._options.force:
            return False
        if self._scheduled and menu.reverted_digest == digest:
            # A schedule must not bring back the menu that staff rolled back from. A sync by hand may.
            self._progress.warn(
                "The menu was not updated: the POS still has the version that was undone here. "
                "To use that version after all, sync by hand."
            )
            return True
        return menu.digest == digest

    def _keep_menu(self, menu: Menu, supplement: Supplement) -> dict[str, int]:
        """Write only the supplement, and nothing in a preview; return the counts."""
        self._progress.warn(*menu.warnings)
        counts = {"created": 0, "updated": 0, "archived": 0, "unchanged": count_entries(venue=self._venue)}
        if self._options.preview:
            return counts
        return counts | commit_supplement(menu=menu, supplement=supplement)

    def _checkpoint(self, menu: Menu) -> bytes:
        """Return the checkpoint of the last response; empty if it is stale or the whole menu must be read.

        Without `update_descriptions` the whole menu is read, because staff descriptions may be on any product.
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

    def _sync_part(self, menu: Menu, reading: MenuReading, response: _Response) -> dict[str, int] | None:
        """Sync only what changed since the last response; return None if the whole menu must be read after all.

        A partial reading never adds or removes products, so there is nothing to hold for approval.
        """
        part = replace(reading.snapshot, menu_id=menu.pos_menu_id)
        self._progress.report(60, "Comparing")

        def read() -> tuple[bool, StoredPart, int]:
            is_current = Menu.objects.filter(pk=menu.pk, digest=menu.digest).exists()
            stored = load_stored_part(venue=self._venue, skus=reading.changed or (), part=part)
            return is_current, stored, count_entries(venue=self._venue)

        try:
            version, (is_current, stored, entries) = read_one_version(venue=self._venue, read=read)
        except MenuBusy:
            return None
        plan = plan_sync(snapshot=part, stored=stored.rows)
        if not is_current or needs_full_read(plan=plan, stored=stored.rows, shared_groups=stored.shared_groups):
            return None
        plan.counts["unchanged"] += entries - stored.rows.count_current()
        self._progress.count(**plan.counts)
        self._progress.report(75, "Writing the changes")
        try:
            counts = self._commit(part, plan, stored.rows, version, response, reading.checkpoint)
        except PlanOutdated:
            return None
        self._progress.warn(*part.warnings)
        return counts

    def _sync_whole(self, snapshot: MenuSnapshot, response: _Response, checkpoint: bytes) -> dict[str, int]:
        for _ in range(_TRIES):
            try:
                version, stored = read_one_version(venue=self._venue, read=partial(load_stored, venue=self._venue))
            except MenuBusy:
                continue
            plan = self._plan(snapshot, stored)
            self._progress.count(**plan.counts)
            self._hold_if_needed(snapshot, plan, stored, response.digest, version)
            if self._options.preview:
                self._progress.warn(*plan.warnings)
                return plan.counts
            self._progress.report(75, "Writing the changes")
            try:
                return self._commit(snapshot, plan, stored, version, response, checkpoint)
            except PlanOutdated:
                continue
        raise SyncFailed("The menu kept changing during the sync. Sync again in a minute.")

    def _commit(
        self,
        snapshot: MenuSnapshot,
        plan: MenuPlan,
        stored: StoredMenu,
        version: int,
        response: _Response,
        checkpoint: bytes,
    ) -> dict[str, int]:
        """Write the plan and return its counts. Raises `PlanOutdated`."""
        result = SyncResult(
            snapshot=snapshot,
            plan=plan,
            stored=stored,
            version=version,
            digest=response.digest,
            run_id=self._progress.run.pk,
            settings_fingerprint=self._settings_fingerprint(),
            checkpoint=checkpoint,
            is_light=self._options.light,
        )
        counts = plan.counts | commit_sync(venue=self._venue, result=result, supplement=response.supplement)
        self._progress.warn(*plan.warnings)
        return counts

    def _plan(self, snapshot: MenuSnapshot, stored: StoredMenu) -> MenuPlan:
        if self._options.light:
            return plan_light(snapshot=snapshot, stored=stored)
        return plan_sync(snapshot=snapshot, stored=stored, keep_descriptions=not self._settings.update_descriptions)

    def _hold_if_needed(
        self, snapshot: MenuSnapshot, plan: MenuPlan, stored: StoredMenu, digest: str, version: int
    ) -> None:
        reason = "" if self._options.light else reason_to_hold(snapshot=snapshot, plan=plan, stored=stored)
        if self._options.force:
            reason = _CHANGED_SINCE_REVIEW if self._reviewed_digest(snapshot.menu_id) not in ("", digest) else ""
        if not (reason or (self._options.preview and plan)):
            return
        self._progress.warn(*plan.warnings)
        shown: dict[str, Any] = {
            "reason": reason,
            "digest": digest,
            "menu_id": snapshot.menu_id,
            "menu_name": snapshot.name,
            "version": version,
            "light": self._options.light,
        }
        raise SyncHeld(reason, plan=shown | summarise_plan(plan=plan, stored=stored), counts=plan.counts)

    def _reviewed_digest(self, menu_id: str) -> str:
        """Return the digest of the plan that staff have reviewed; empty if there is none."""
        runs = SyncRun.objects.filter(connection__venue=self._venue, kind=SyncRun.Kind.MENU)
        if self._options.held_run is not None:
            plan = runs.filter(pk=self._options.held_run).values_list("plan", flat=True).first() or {}
        else:
            waiting = runs.filter(state=SyncRun.State.HELD, plan__menu_id=menu_id, plan__light=self._options.light)
            plan = waiting.values_list("plan", flat=True).order_by("-pk").first() or {}
        return str(plan.get("digest", ""))
