"""Webhook notifications: their content and their delivery."""
