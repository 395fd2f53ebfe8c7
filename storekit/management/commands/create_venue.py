"""`manage.py create_venue`: a venue and its first API key, as one line of JSON."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from storekit.venues import create_venue

_OPTIONS = {
    "slug": "part of every address of the venue: small letters, digits and hyphens, such as copper-pot",
    "name": "as guests know it, such as The Copper Pot",
    "timezone": "an IANA time zone, such as Europe/London",
    "country": "two capital letters of ISO 3166, such as GB",
    "currency": "three capital letters of ISO 4217, such as GBP",
    "email": "where storekit writes when something needs a person",
}


class Command(BaseCommand):
    """Makes a venue and prints what a storefront needs."""

    help = "Makes a venue and prints its slug and its first API key as JSON. The key is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, explanation in _OPTIONS.items():
            parser.add_argument(f"--{name}", required=True, help=explanation)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            venue, key = create_venue(**{name: options[name].strip() for name in _OPTIONS})
        except ValidationError as error:
            raise CommandError(_explained(error, options)) from error
        self.stdout.write(json.dumps({"venue": venue.slug, "api_key": key}))


def _explained(error: ValidationError, options: dict[str, Any]) -> str:
    lines = []
    for name, errors in error.error_dict.items():
        if any(one.code == "unique" for one in errors):
            lines.append(f"--{name}: there is a venue called {options[name]!r} already. Choose another {name}.")
        else:
            said = " ".join(message for one in errors for message in one.messages)
            lines.append(f"--{name} {options[name]!r}: {said} Give {_OPTIONS[name]}.")
    return "\n".join(lines)
