"""The back office of tables, in a module for each purpose. Importing them registers their pages."""

from tables.admin import floor_plan, pay_at_table

__all__ = ["floor_plan", "pay_at_table"]
