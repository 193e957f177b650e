"""Sources of any data: folders, Hugging Face datasets, shards; a recipe says what they hold."""
