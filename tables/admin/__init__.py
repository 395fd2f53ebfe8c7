"""The back office of tables, in a module for each purpose. Importing them registers their pages."""

from tables.admin import bills, floor_plan, gift_cards, pay_at_table, payments, reconciliations

__all__ = ["bills", "floor_plan", "gift_cards", "pay_at_table", "payments", "reconciliations"]
