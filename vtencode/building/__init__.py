"""Building a dataset: plan, shards, manifest."""
