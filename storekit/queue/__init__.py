"""The task queue: the registry of tasks and schedules, and the ticker that queues what has become due."""
