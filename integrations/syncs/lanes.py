"""The lane in which syncs run: one at a time for each venue, a few at a time in each worker process."""

from storekit.queue.lanes import Lane

SYNCS = Lane("syncs", threads=3, per_key=1)
