"""A stand-in for Stripe's API: an HTTP server of its own in a thread, with its state in memory. It knows no storekit.

Written from Stripe's public documentation (https://docs.stripe.com/api), at API version 2026-10-28.endive. Where Stripe
is strict about money, so is this:

- **Keys.** An answer is kept with its key, its account and the request's parameters. The same request gets the same
  answer with `Idempotent-Replayed: true`, errors of Stripe's own (5xx) included; the same key for anything else is a
  400 of type `idempotency_error`; a key that is still being worked on a 409. What fails validation is not kept.
- **PaymentIntents:** create, retrieve, confirm, capture, cancel, with the states that each is allowed in. Unknown
  parameters are refused. Captured is at most what was authorised, once; the remainder is released.
- **Test payment methods** (`cards.CARDS`): cards that pay, that are declined (each with its code), that ask for 3-D
  Secure; and iDEAL, Bancontact and TWINT, which send the guest to a bank and cannot be authorised.
- **Refunds:** never more than was captured and not given back yet.
- **Connect:** objects of one account are not seen by another; an account that is not connected is a 403.
- **Publishable keys** confirm and retrieve with the client secret, as Stripe.js does, and nothing else.
- **Events** for every change, signed; delivered when asked, in any order and any number of times (`events`).
- **Faults** when asked: an answer lost after the deed, 500 before or after it, 429, nonsense, a slow answer (`faults`).

What it does not do: live mode; customers, saved cards, mandates and off-session payments; Checkout, Payment Links,
invoices; the Elements themselves, confirmation tokens made by them excepted (`StandIn.confirmation_token`); payment
methods made with real card numbers; application fees, transfers, destination charges and `on_behalf_of`; disputes,
reviews, Radar and payouts, balances; incremental and over-capture, several captures; asynchronous capture and methods
that stay `processing` (but see `StandIn.set_status`); refunds that stay pending or fail; expansion of anything but
`latest_charge`; pages of lists after the first; search; thin events, the repeating of events on a schedule; other API
versions than one; rate limits of its own; keys that are forgotten after a day, unless `StandIn.forget_keys` is called;
exchange of currencies, and minimum amounts other than for `money.LEAST`.
"""

from tests.support.stripe_stand_in.stand_in import StandIn

__all__ = ["StandIn"]
