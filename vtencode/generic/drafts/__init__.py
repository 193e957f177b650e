"""Recipes drafted for data that nobody described: a look, what it decides, and the text."""
