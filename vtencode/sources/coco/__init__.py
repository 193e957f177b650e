"""COCO, and datasets whose annotations are documents in its form."""
