"""`make bench`: how fast storekit is, as ratios to a floor measured in the same run. No figure fails a build."""
