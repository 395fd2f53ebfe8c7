"""The models of tables, in a module for each purpose."""

from tables.models.floor import Area, Table, has_duplicate_number, new_token
from tables.models.pay_at_table import PayAtTable, RetiredToken

__all__ = ["Area", "PayAtTable", "RetiredToken", "Table", "has_duplicate_number", "new_token"]
