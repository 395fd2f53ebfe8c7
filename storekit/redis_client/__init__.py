"""How storekit talks to Redis: one set of options for cache and queue, and what stands in while Redis is away."""
