"""Sources: readers of public datasets in the formats their authors publish."""
