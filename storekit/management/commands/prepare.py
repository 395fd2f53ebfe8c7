"""`manage.py prepare`: everything a database and a host need before storekit starts."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from storekit.db.advisory_lock import advisory_lock


class Command(BaseCommand):
    """Bring the database and this host up to date. Safe to repeat, and to run on several hosts at once."""

    help = (
        "Prepares the database (migrations, cache table, schedules of periodic tasks) and this host (static files). "
        "Run it before every start of a new version; it is safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        # Hosts may share the folder of static files as well as the database.
        with advisory_lock("storekit.prepare"):
            # The cache table and the schedules follow from migrate: see `storekit.apps`.
            call_command("migrate", interactive=False, verbosity=options["verbosity"])
            call_command("collectstatic", interactive=False, verbosity=options["verbosity"])
        if options["verbosity"]:
            self.stdout.write("storekit is ready to start.")
