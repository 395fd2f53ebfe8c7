"""The sandbox provider's page, on which a guest confirms a test card. It stands in for a bank's own page."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from storekit.money.words import format_money
from tables.models import Payment
from tables.payments.provider_events import provider_changed
from tables.payments.providers.sandbox import SandboxProvider, confirm


@require_http_methods(["GET", "HEAD", "POST"])
def sandbox_card(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask the guest to confirm or to decline, and say so to the payment. Unknown unless the provider is in use."""
    name = SandboxProvider.name
    payment = Payment.objects.filter(provider=name, provider_reference=reference).select_related("venue", "table")
    row = payment.first() if name == settings.PAYMENT_PROVIDER else None
    if row is None:
        raise Http404
    was_possible = None
    if request.method == "POST":
        was_possible = confirm(reference, accepted=request.POST.get("answer") == "confirm")
        provider_changed(provider=name, reference=reference)
    response = render(
        request,
        "tables/sandbox_card.html",
        {
            "payment": row,
            "venue": row.venue,
            "total": format_money(row.amount + row.tip, row.venue),
            "was_possible": was_possible,
            # For programmers, so not translated.
            "language": "en-gb",
            "direction": "ltr",
        },
    )
    response["Cache-Control"] = "no-store"
    return response


urlpatterns: list[URLPattern] = [path("t/sandbox-card/<slug:reference>/", sandbox_card, name="sandbox_card")]
