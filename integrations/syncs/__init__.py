"""Syncs with the POS: runs, their queue, progress, schedules and alerts."""
