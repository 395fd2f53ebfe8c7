"""The models of tables, in a module for each purpose."""

from tables.models.bills import Bill, BillIdentifier, CheckList, CheckToFind
from tables.models.floor import Area, Table, has_duplicate_number, new_token, twins
from tables.models.gift_cards import GiftCard, GiftCardEntry
from tables.models.pay_at_table import PayAtTable, RetiredToken, Tips, are_amounts, are_percentages
from tables.models.payments import (
    CLAIMING_STATES,
    ENDED_STATES,
    Payment,
    PaymentAlert,
    PaymentAttempt,
    PaymentRefund,
)
from tables.models.reconciliations import Difference, Reconciliation
from tables.models.sandbox_charges import SandboxCharge

__all__ = [
    "CLAIMING_STATES",
    "ENDED_STATES",
    "Area",
    "Bill",
    "BillIdentifier",
    "CheckList",
    "CheckToFind",
    "Difference",
    "GiftCard",
    "GiftCardEntry",
    "PayAtTable",
    "Payment",
    "PaymentAlert",
    "PaymentAttempt",
    "PaymentRefund",
    "Reconciliation",
    "RetiredToken",
    "SandboxCharge",
    "Table",
    "Tips",
    "are_amounts",
    "are_percentages",
    "has_duplicate_number",
    "new_token",
    "twins",
]
