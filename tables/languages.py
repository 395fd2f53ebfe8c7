"""The language of guests' pages and e-mails: the one that the guest chose there, else the phone's, else English."""

from dataclasses import dataclass

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_bidi, get_language_from_request, gettext, override

from storekit.models import Venue
from tables.models import Table

PARAMETER = "lang"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class LanguageLink:
    """A language that a guest can switch to. `name` is in the language itself."""

    code: str
    name: str
    chosen: bool


def language_of(request: HttpRequest) -> str:
    """Return the code of the language to answer in, one of `settings.LANGUAGES`."""
    chosen = request.GET.get(PARAMETER, "")
    return chosen if is_offered(chosen) else get_language_from_request(request)


def is_offered(code: str) -> bool:
    """Return whether guests can read this language."""
    return any(code == offered for offered, _ in settings.LANGUAGES)


def offered(code: str) -> str:
    """Return the language if guests can read it, else English."""
    return code if is_offered(code) else settings.LANGUAGE_CODE


def remember(response: HttpResponse, request: HttpRequest) -> None:
    """Keep a language that the guest chose, for all guests' pages in this browser."""
    if is_offered(chosen := request.GET.get(PARAMETER, "")):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=_YEAR,
            path="/t/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def links(language: str) -> list[LanguageLink]:
    """Return the languages to choose from, the present one marked."""
    return [LanguageLink(code, name, chosen=code == language) for code, name in settings.LANGUAGES]


def direction_of(language: str) -> str:
    """Return `ltr` or `rtl`."""
    with override(language):
        return "rtl" if get_language_bidi() else "ltr"


def locale_of(language: str, venue: Venue) -> str:
    """Return the BCP 47 tag for amounts and times: the language as it is written in the venue's country.

    `fr-CH` for a French phone in Switzerland; plain `fr` in Portugal, where CLDR knows no French.
    """
    plain = language.partition("-")[0]
    try:
        return str(Locale.parse(f"{plain}_{venue.country}", resolve_likely_subtags=False)).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        return language


def place_of(table: Table) -> str:
    """Return how a guest is told which table this is, in the language that is active."""
    return table.name or gettext("Table {number}").format(number=table.number)
