"""Publishing: a finished dataset on the Hugging Face Hub, whole or not at all."""
