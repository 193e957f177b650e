"""Codecs: invertible maps between typed targets and RGB images."""
