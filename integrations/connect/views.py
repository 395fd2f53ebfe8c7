"""The browser flow that connects a venue's POS: consent at Lightspeed, callback with a code, choice of location."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from integrations.connect import service
from integrations.connect.consents import finish_connect, waiting_consent
from integrations.connect.forms import LocationForm
from integrations.connect.oauth_state import UnknownState, take_consent
from integrations.connect.permissions import check_permissions
from integrations.models import Connection
from integrations.pos import PosError, Throttled, Unreachable
from storekit.models import Venue
from storekit.staff import manages, venues_of


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation, then send the person to Lightspeed to give consent for a venue."""
    asked = request.POST if request.method == "POST" else request.GET
    venue = _managed_venue(request, asked.get("venue", ""))
    if request.method != "POST":
        connection = service.connection_of(venue)
        return _page(
            request,
            "integrations/connect.html",
            {"title": f"Connect {venue} to Lightspeed", "venue": venue, "connection": connection},
            status=200,
        )
    return redirect(service.begin_connect(venue=venue, session=request.session))


@never_cache
@login_required
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Receive the person back from Lightspeed, with a code or with an error."""
    try:
        pending = take_consent(session=request.session, state=request.GET.get("state", ""))
    except UnknownState:
        return _error_page(
            request,
            "This link has expired",
            "Start again. The link was already used, is more than ten minutes old, or was opened "
            "in a different browser.",
            status=400,
        )
    venue = _managed_venue(request, pending.venue_slug)
    if refusal := request.GET.get("error"):
        return _consent_refused(request, venue, refusal)
    try:
        connection = finish_connect(venue=venue, code=request.GET.get("code", ""), code_verifier=pending.code_verifier)
    except PosError as error:
        return _pos_failed(request, venue, error)
    if connection.status == Connection.Status.CONNECTED and waiting_consent(connection=connection) is None:
        return _finished(request, connection)
    return redirect("integrations:location", slug=venue.slug)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def location(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask which of the consent's locations is the venue, and link it."""
    venue = _managed_venue(request, slug)
    connection = service.connection_of(venue)
    consent = waiting_consent(connection=connection)
    try:
        offered = service.available_locations(connection=connection, consent=consent)
    except PosError as error:
        return _pos_failed(request, venue, error)
    initial = {"business_location_id": connection.business_location_id or (offered[0].id if offered else "")}
    form = LocationForm(request.POST or None, locations=offered, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            service.choose_location(connection=connection, location=form.location(), consent=consent)
        except (service.LocationTaken, PosError) as error:
            form.add_error("business_location_id", str(error))
        else:
            return _finished(request, connection)
    page = {
        "title": f"Location of {venue}",
        "venue": venue,
        "form": form,
        "offered": offered,
        "kept": consent and connection,
    }
    status = 400 if form.errors else 200
    return _page(request, "integrations/location.html", page, status=status)


def _finished(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Register the webhook, check what the person may do at the POS, and show the connection."""
    _register_webhook(request, connection)
    if missing := check_permissions(connection=connection):
        messages.error(request, f"{connection.venue} is connected, but its menu cannot be loaded. {missing}")
    return redirect("admin:integrations_connection_change", connection.pk)


def _register_webhook(request: HttpRequest, connection: Connection) -> None:
    try:
        service.register_webhook(connection=connection)
    except PosError as error:
        messages.warning(
            request,
            f"{connection.venue} is connected to {connection.location_name}, but its webhook could not be registered: "
            f"{error} storekit tries again within ten minutes, or use “Register webhook again”.",
        )
    else:
        messages.success(request, f"{connection.venue} is connected to {connection.location_name}.")


def _managed_venue(request: HttpRequest, slug: str) -> Venue:
    """Return the venue if the person manages it; 403 for other staff, and 404 for people who do not work there."""
    venue = get_object_or_404(venues_of(request.user), slug=slug)
    if not manages(request.user, venue):
        raise PermissionDenied
    return venue


def _consent_refused(request: HttpRequest, venue: Venue, refusal: str) -> HttpResponse:
    if refusal == "access_denied":
        return _error_page(
            request,
            "Lightspeed was not connected",
            "Lightspeed access was declined. Nothing has changed.",
            venue=venue,
        )
    # The error's description comes from the address and could be anyone's text, so it is not shown.
    return _error_page(
        request,
        "Lightspeed was not connected",
        "Lightspeed returned an error instead of giving access. Nothing has changed.",
        venue=venue,
        status=400,
    )


def _pos_failed(request: HttpRequest, venue: Venue, error: PosError) -> HttpResponse:
    unavailable = isinstance(error, Unreachable | Throttled)
    return _error_page(
        request,
        "Lightspeed was not connected",
        str(error),
        words=error.detail,
        venue=venue,
        status=502 if unavailable else 400,
    )


def _error_page(
    request: HttpRequest, title: str, reason: str, *, words: str = "", venue: Venue | None = None, status: int = 200
) -> HttpResponse:
    again = (
        f"{reverse('integrations:connect')}?venue={venue.slug}"
        if venue
        else reverse("admin:integrations_connection_changelist")
    )
    return _page(
        request,
        "integrations/connect_error.html",
        {"title": title, "reason": reason, "words": words, "again": again},
        status=status,
    )


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)
