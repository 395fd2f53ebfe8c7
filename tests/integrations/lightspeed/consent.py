"""Consent to the sandbox POS, and an order for it."""

import secrets
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from integrations.lightspeed import oauth
from integrations.pos import (
    OrderTicket,
    OrderType,
    TicketCustomer,
    TicketLine,
    TicketPayment,
    WebhookEndpoint,
)
from tests.support.sandbox import SandboxPos

HIGH_STREET, RIVERSIDE = "45454565682155", "45454565682156"
REDIRECT = "http://127.0.0.1:9/callback"
ENDPOINT = WebhookEndpoint(id="storekit-E", url="http://127.0.0.1:9/hooks/", username="storekit", password="pa:ss")


class Consent:
    """The real OAuth flow, and tokens that are renewed by the real refresh."""

    def __init__(self, sandbox: SandboxPos) -> None:
        realm = f"{sandbox.url}/realms/k-series/protocol/openid-connect"
        self.config = oauth.ClientConfig("storekit-sandbox", "sandbox-client-secret", f"{realm}/auth", f"{realm}/token")
        self.verifier = secrets.token_urlsafe(48)
        self.grant = oauth.exchange_code(
            config=self.config, redirect_uri=REDIRECT, code=self.approved_code(), code_verifier=self.verifier
        )

    def approved_code(self) -> str:
        url = oauth.authorise_url(
            config=self.config, redirect_uri=REDIRECT, state="state-1", code_verifier=self.verifier
        )
        answer = requests.post(url, data={"decision": "allow"}, allow_redirects=False, timeout=5)
        back = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert back["state"] == ["state-1"]
        return back["code"][0]

    def access_token(self) -> str:
        return self.grant.access_token

    def renewed(self, stale: str) -> str:
        self.grant = oauth.refresh(config=self.config, refresh_token=self.grant.refresh_token)
        return self.grant.access_token


BURGER = TicketLine(
    sku="BURGER01", quantity=1, instructions=("1001",), choices=(TicketLine(sku="CHEESEX", quantity=1),)
)


def ticket(**changes: Any) -> OrderTicket:
    return replace(
        OrderTicket(
            reference=f"storekit-{secrets.token_hex(8)}",
            type=OrderType.PICKUP,
            lines=(BURGER,),
            customer=TicketCustomer("Ada", "Byron", "ada@example.com", "+442079460958", "storekit-ada"),
            order_profile="storekit",
            collection_code="K7PLUM",
            deliver_within=timedelta(minutes=10),
            payment=TicketPayment("STOREKIT", Decimal("13.50"), Decimal("1.35")),
        ),
        **changes,
    )
