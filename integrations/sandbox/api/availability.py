"""Item availability: the restrictions of some SKUs, page by page.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/). Both calls need 1 to 50 SKUs, in
the query of the GET or the body of the POST. Only restricted items have a row. Unless `skus_required` is on, a GET
without SKUs lists all of them.
"""

from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api.errors import bad_request
from integrations.sandbox.api.schemas import validated
from integrations.sandbox.api.web import location_of, number_of, read_json
from integrations.sandbox.state import store

Json = dict[str, Any]

MOST_SKUS = 50
DEFAULT_SIZE = 25
LARGEST_GET, LARGEST_POST = 50, 100
_OLD_DEFAULT_SIZE, _OLD_LARGEST = 50, 1000
OLD_APP: Json = {"information": "Item availability needs a newer version of the till's app.", "type": "APP_VERSION"}


def by_query(request: HttpRequest) -> Json:
    """Return the restrictions of the SKUs in the query: `skus=A&skus=B` or `skus=A,B`."""
    location = location_of(request)
    given = [sku for text in request.GET.getlist("skus") for sku in text.split(",") if sku]
    if not given and not store.habits.skus_required:
        return _page(request, location, sorted(sku for place, sku in store.restrictions if place == location), [])
    if not 1 <= len(given) <= MOST_SKUS:
        raise bad_request("skus", f"size must be between 1 and {MOST_SKUS}", code="Size")
    return _restrictions_of(request, location, given)


def by_body(request: HttpRequest) -> Json:
    """Return the restrictions of the SKUs in the body."""
    return _restrictions_of(
        request, location_of(request), validated("itemAvailabilityRequest", read_json(request))["skus"]
    )


def _restrictions_of(request: HttpRequest, location: int, given: list[str]) -> Json:
    unknown = [sku for sku in given if not store.catalogues[location].find(sku)]
    restricted = [sku for sku in dict.fromkeys(given) if (location, sku) in store.restrictions]
    warnings = [{"information": f"Unknown sku: {sku}", "type": "UNKNOWN_SKU"} for sku in unknown]
    return _page(request, location, restricted, warnings)


def _page(request: HttpRequest, location: int, skus: list[str], warnings: list[Json]) -> Json:
    default, largest = _OLD_DEFAULT_SIZE, _OLD_LARGEST
    if store.habits.skus_required:
        default, largest = DEFAULT_SIZE, LARGEST_GET if request.method == "GET" else LARGEST_POST
    page = number_of(request, "page", 0, least=0, most=10**6)
    size = number_of(request, "size", default, least=1, most=largest)
    return {
        "data": [_row(location, sku) for sku in skus[page * size : (page + 1) * size]],
        "metadata": {
            "warnings": [*warnings, *([OLD_APP] if store.habits.old_app_warning else [])],
            "current": {"page": page, "pageSize": size},
            "total": len(skus),
            "totalPages": -(-len(skus) // size),
        },
    }


def _row(location: int, sku: str) -> Json:
    restriction = store.restrictions[location, sku]
    return {"sku": sku, "count": restriction.count, "updatedAt": clock.iso(restriction.updated_at)}
