"""`manage.py create_venue`: create a venue and print its first API key as one line of JSON."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from storekit.venues import create_venue

_OPTIONS = {
    "slug": "part of every URL of the venue: lower-case letters, digits and hyphens, such as copper-pot",
    "name": "the name that guests know, such as The Copper Pot",
    "timezone": "an IANA time zone, such as Europe/London",
    "country": "the ISO 3166 code in two capital letters, such as GB",
    "currency": "the ISO 4217 code in three capital letters, such as GBP",
    "email": "where storekit sends alerts, such as kitchen@example.com",
}


class Command(BaseCommand):
    """Create a venue and print what a storefront needs."""

    help = "Creates a venue and prints its slug and its first API key as JSON. The key is shown only once."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, explanation in _OPTIONS.items():
            parser.add_argument(f"--{name}", required=True, help=explanation)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            venue, key = create_venue(**{name: options[name].strip() for name in _OPTIONS})
        except ValidationError as error:
            raise CommandError(_explain(error, options)) from error
        self.stdout.write(json.dumps({"venue": venue.slug, "api_key": key}))


def _explain(error: ValidationError, options: dict[str, Any]) -> str:
    lines = []
    for name, errors in error.error_dict.items():
        if any(one.code == "unique" for one in errors):
            lines.append(f"--{name}: {options[name]!r} is already in use. Choose another {name}.")
        else:
            problems = " ".join(message for one in errors for message in one.messages)
            lines.append(f"--{name} {options[name]!r}: {problems} Give {_OPTIONS[name]}.")
    return "\n".join(lines)
