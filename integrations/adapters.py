"""The POS adapters, keyed by vendor: the only module that imports them.

`docs/adding-a-pos.md` explains how to add one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings

from integrations.lightspeed import oauth
from integrations.lightspeed.adapter import LightspeedPos, locations
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping import notifications
from integrations.lightspeed.mapping.menu.snapshot import SubScreens
from integrations.models import Connection, LightspeedSettings
from integrations.pos import CallGuard, PointOfSale, PosLocation, ReceivedNotification, TokenGrant, TokenSource


class AuthoriseUrl(Protocol):
    """Build the address where a person gives consent. `code_verifier` is the PKCE secret, 43 to 128 characters."""

    def __call__(self, *, redirect_uri: str, state: str, code_verifier: str) -> str: ...


class ExchangeCode(Protocol):
    """Exchange the code that the POS sent back for tokens. Raises `PosError`."""

    def __call__(self, *, redirect_uri: str, code: str, code_verifier: str) -> TokenGrant: ...


class ParseNotification(Protocol):
    """Parse the JSON of a notification. `currency` is the venue's. Raises `BadAnswer` if it makes no sense."""

    def __call__(self, body: Any, *, currency: str) -> ReceivedNotification: ...


@dataclass(frozen=True)
class Adapter:
    """Everything the rest of `integrations` needs from one vendor's adapter."""

    label: str
    """The vendor's name, as people see it."""
    webhook_route: str
    """Name of the URL that receives the vendor's notifications; it takes the connection's `public_id`."""
    environment: Callable[[], str]
    """The vendor's environment that storekit runs against, for example `production`."""
    authorise_url: AuthoriseUrl
    exchange_code: ExchangeCode
    refresh: Callable[[str], TokenGrant]
    """Exchange a refresh token for a new pair. Raises `Unauthorised` with code `invalid_grant` if it is not valid."""
    locations: Callable[[TokenSource], tuple[PosLocation, ...]]
    """Return the business locations that the consent covers. Raises `PosError`."""
    point_of_sale: Callable[[Connection, TokenSource, CallGuard], PointOfSale]
    """Build the POS of a connection whose location is chosen; each of its calls goes through the guard."""
    parse_notification: ParseNotification


# --- Lightspeed K-Series ---------------------------------------------------------------------------------------------


def _lightspeed_client() -> oauth.ClientConfig:
    return oauth.ClientConfig(
        client_id=settings.LIGHTSPEED_CLIENT_ID,
        client_secret=settings.LIGHTSPEED_CLIENT_SECRET,
        authorise_url=settings.LIGHTSPEED_AUTH_URL,
        token_url=settings.LIGHTSPEED_TOKEN_URL,
    )


def _lightspeed_authorise_url(*, redirect_uri: str, state: str, code_verifier: str) -> str:
    return oauth.authorise_url(
        config=_lightspeed_client(), redirect_uri=redirect_uri, state=state, code_verifier=code_verifier
    )


def _lightspeed_exchange_code(*, redirect_uri: str, code: str, code_verifier: str) -> TokenGrant:
    return oauth.exchange_code(
        config=_lightspeed_client(), redirect_uri=redirect_uri, code=code, code_verifier=code_verifier
    )


def _lightspeed_refresh(refresh_token: str) -> TokenGrant:
    return oauth.refresh(config=_lightspeed_client(), refresh_token=refresh_token)


def _lightspeed_http(tokens: TokenSource, guard: CallGuard | None = None) -> LightspeedHttp:
    return LightspeedHttp(settings.LIGHTSPEED_API_URL, tokens, guard)


def _lightspeed_pos(connection: Connection, tokens: TokenSource, guard: CallGuard) -> PointOfSale:
    row = LightspeedSettings.objects.filter(connection=connection).first() or LightspeedSettings()
    return LightspeedPos(
        http=_lightspeed_http(tokens, guard),
        business_location_id=connection.business_location_id,
        endpoint_id=connection.endpoint_id,
        currency=connection.venue.currency,
        menu_profile=row.menu_profile,
        sub_screens=_sub_screens(row),
    )


def _sub_screens(row: LightspeedSettings) -> SubScreens:
    if row.flatten_subscreens:
        return SubScreens.FLATTENED
    return SubScreens.CATEGORIES if row.subscreens_as_categories else SubScreens.NESTED


# --- The registry ----------------------------------------------------------------------------------------------------

DEFAULT_VENDOR = "lightspeed"

ADAPTERS: Mapping[str, Adapter] = {
    "lightspeed": Adapter(
        label="Lightspeed",
        webhook_route="webhooks:lightspeed",
        environment=lambda: settings.LIGHTSPEED_ENVIRONMENT,
        authorise_url=_lightspeed_authorise_url,
        exchange_code=_lightspeed_exchange_code,
        refresh=_lightspeed_refresh,
        locations=lambda tokens: locations(http=_lightspeed_http(tokens)),
        point_of_sale=_lightspeed_pos,
        parse_notification=notifications.parse,
    ),
}


def adapter_of(connection: Connection) -> Adapter:
    """Return the adapter of the connection's POS. Every connection is to Lightspeed so far."""
    return ADAPTERS[DEFAULT_VENDOR]


def default_adapter() -> Adapter:
    """Return the adapter that a venue is offered when it connects for the first time."""
    return ADAPTERS[DEFAULT_VENDOR]


def current_environment() -> str:
    """Return the environment that storekit runs against: connections to another one are not used."""
    return default_adapter().environment()
