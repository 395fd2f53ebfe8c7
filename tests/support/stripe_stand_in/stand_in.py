"""The stand-in as tests use it: start it, act as guest, bank and Stripe's own systems, see what it has."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer

from tests.support.stripe_stand_in import http, intents
from tests.support.stripe_stand_in.cards import CARDS
from tests.support.stripe_stand_in.events import Endpoint, Outbox
from tests.support.stripe_stand_in.faults import Fault, Faults, Kind
from tests.support.stripe_stand_in.problems import Json, Problem
from tests.support.stripe_stand_in.records import Account, new_name


@dataclass
class Call:
    """A request that arrived."""

    route: str
    """Method and path, such as `POST /v1/refunds`."""
    account: str
    key: str
    parameters: Json


@dataclass
class StandIn:
    """A running stand-in."""

    url: str = ""
    secret_key: str = "sk_test_stand_in"
    publishable_key: str = "pk_test_stand_in"
    outbox: Outbox = field(default_factory=Outbox)
    faults: Faults = field(default_factory=lambda: Faults([]))
    calls: list[Call] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    go: threading.Event = field(default_factory=threading.Event)
    accounts: dict[str, Account] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connect("")

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["StandIn"]:
        """Start one on a free port of this machine, and stop it in the end."""
        made = cls()
        server = ThreadingHTTPServer(("127.0.0.1", 0), http.handler_of(made))
        server.daemon_threads = True
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.go.set()
            server.shutdown()
            server.server_close()
            thread.join()

    # --- Set up ---

    def connect(self, account: str) -> None:
        """Connect an account, such as `acct_1`. The platform's own has no name."""
        self.accounts[account] = Account(account, self.outbox.add)

    def send_events_to(self, url: str, secret: str, *, connect: bool = False, kinds: tuple[str, ...] = ()) -> None:
        """Register a webhook."""
        self.outbox.endpoints.append(Endpoint(url, secret, connect, kinds))

    def fail(self, kind: Kind, where: str, *, times: int = 1) -> None:
        """Have the next requests fail whose method and path contain this text."""
        self.faults.waiting.append(Fault(kind, where, times))

    def let_go(self) -> None:
        """Go on with requests that were held."""
        self.go.set()

    def forget_keys(self) -> None:
        """A day has passed: no answer is kept any more."""
        for account in self.accounts.values():
            account.answers.clear()

    def note(self, route: str, account: str, key: str, parameters: Json) -> None:
        """Remember a call."""
        self.calls.append(Call(route, account, key, parameters))

    # --- Look ---

    def intents(self, account: str = "") -> list[Json]:
        """Return an account's intents, oldest first."""
        return list(self.accounts[account].intents.values())

    def refunds(self, account: str = "") -> list[Json]:
        return list(self.accounts[account].refunds.values())

    def intent(self, name: str, account: str = "") -> Json:
        return self.accounts[account].intent(name)

    def charge(self, name: str, account: str = "") -> Json:
        """Return the latest charge of an intent."""
        return self.accounts[account].charges[self.intent(name, account)["latest_charge"]]

    def calls_to(self, route: str) -> list[Call]:
        """Return the calls whose route ends in this text."""
        return [call for call in self.calls if call.route.endswith(route)]

    # --- Act ---

    def confirmation_token(self, payment_method: str, account: str = "") -> str:
        """Return what the Payment Element hands to the page's server."""
        token = new_name("ctoken")
        self.accounts[account].tokens[token] = payment_method
        return token

    def guest_confirms(self, name: str, *, account: str = "", agrees: bool = True) -> None:
        """Answer the bank's question about an intent that is `requires_action`."""
        with self.lock:
            owner = self.accounts[account]
            intent = owner.intent(name)
            assert intent["status"] == "requires_action", intent["status"]
            card = CARDS.get(intent["payment_method"])
            if agrees:
                # The guest sees the decline on the page that the bank sends them back to.
                with suppress(Problem):
                    intents.attempt(owner, intent, kind=owner.kinds[intent["payment_method"]], card=card)
                return
            message = "The provided PaymentMethod has failed authentication."
            error = {"type": "invalid_request_error", "code": "payment_intent_authentication_failure"}
            intents.fail(owner, intent, error | {"message": message})

    def expire(self, name: str, account: str = "") -> None:
        """A week has passed: the authorisation is gone."""
        with self.lock:
            intents.end(self.accounts[account], self.intent(name, account), reason="expired")

    def set_status(self, name: str, status: str, account: str = "") -> None:
        """Put an intent into a status that nothing here leads to, such as `processing`."""
        self.intent(name, account)["status"] = status
