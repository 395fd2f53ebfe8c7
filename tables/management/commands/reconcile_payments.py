"""`manage.py reconcile_payments SLUG [--day D]`: compare a day's payments with the till in the foreground."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from storekit.models import Venue
from storekit.money import money_with_code
from tables.models import Reconciliation
from tables.reconciliation.alerts import line_of
from tables.reconciliation.queue import check_day, latest_day
from tables.reconciliation.report import method_label
from tables.reconciliation.run import carry_out


class Command(BaseCommand):
    """Print what was captured against what the till has, by method; exit with code 1 on a difference."""

    help = "Compare what guests paid at the table with what the till has."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the venue's slug")
        parser.add_argument(
            "--day", type=date.fromisoformat, help="the service day, as 2026-05-01; the present one if left out"
        )

    def handle(self, *args: Any, slug: str, day: date | None, **options: Any) -> None:
        venue = Venue.objects.filter(slug=slug).first()
        if venue is None:
            known = ", ".join(Venue.objects.values_list("slug", flat=True)) or "none yet; add one with create_venue"
            raise CommandError(f"There is no venue called {slug}. Venues: {known}.")
        if day is not None:
            try:
                check_day(day)
            except ValueError as error:
                raise CommandError(str(error)) from None
        row = Reconciliation.objects.create(venue=venue, day=day or latest_day(venue=venue), requested_by="command")
        carry_out(reconciliation_id=row.pk, is_last_try=True)
        row.refresh_from_db()
        self._report(row)

    def _report(self, row: Reconciliation) -> None:
        for sums in row.totals:
            amounts = ", ".join(
                f"{name} {money_with_code(Decimal(sums[name]), row.venue.currency)}"
                for name in ("captured", "tips", "refunded", "till")
            )
            self.stdout.write(f"{method_label(sums['method'])}: {sums['payments']} payments, {amounts}")
        if row.error:
            self.stderr.write(f"warning: the till could not be asked. {row.error}")
        differences = list(row.differences.select_related("payment__table"))
        for difference in differences:
            self.stderr.write(line_of(row, difference))
        if differences:
            raise CommandError(f"{row}: {len(differences)} of {row.payments} payments differ from the till.")
        self.stdout.write(f"{row}: no difference.")
