"""URL configuration: one line for each app."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from storekit.rest.errors import unused
from storekit.serving import health

handler404 = "storekit.rest.errors.not_found"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/admin/")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("readyz/figures", health.figures),
    path("accounts/", include("storekit.accounts.urls")),
    path("integrations/lightspeed/", include("integrations.connect.urls")),
    path("webhooks/", include("integrations.webhooks.urls")),
    path("webhooks/", include("tables.payments.urls")),
    path("api/v1/", include("menus.storefront.urls")),
    path("api/v1/", include("orders.api.urls")),
    path("api/v1/", include("tables.guest.urls")),
    path("api/schema/", SpectacularAPIView.as_view(authentication_classes=[]), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", authentication_classes=[]), name="docs"),
    path("t/", include("tables.guest.page_urls")),
    path("", include("tables.payments.sandbox_card")),
    path("media/", include("menus.images.urls")),
    # Django redirects here from an id to the page of its object. storekit has no such pages, and a bad id is a 500.
    path("admin/r/<path:rest>", unused),
    path("admin/", admin.site.urls),
]
