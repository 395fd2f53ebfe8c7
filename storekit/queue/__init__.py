"""The task queue: which tasks and schedules there are, and the ticker that finds what is due."""
