"""Notifications that the sandbox sends, and when."""
