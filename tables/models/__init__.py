"""The models of tables, in a module for each purpose."""

from tables.models.bills import Bill, BillIdentifier, CheckList
from tables.models.floor import Area, Table, has_duplicate_number, new_token
from tables.models.pay_at_table import PayAtTable, RetiredToken

__all__ = [
    "Area",
    "Bill",
    "BillIdentifier",
    "CheckList",
    "PayAtTable",
    "RetiredToken",
    "Table",
    "has_duplicate_number",
    "new_token",
]
