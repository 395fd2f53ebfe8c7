"""`manage.py check`: Django's, which also says what the database lacks."""

from typing import Any

from django.core.checks import register
from django.core.management.commands import check

from storekit.checks import database_is_prepared


class Command(check.Command):
    """Check the settings, the code and the database."""

    def handle(self, *args: Any, **options: Any) -> None:
        # Registered by this command only: others run the checks too, some of them before there is a database.
        register(database_is_prepared)
        super().handle(*args, **options)
