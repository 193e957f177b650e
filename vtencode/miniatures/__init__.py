"""Tiny datasets that this project writes in the authors' exact formats."""
