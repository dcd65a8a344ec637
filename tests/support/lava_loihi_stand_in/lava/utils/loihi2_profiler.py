"""Lava looks for this module to see whether lava-loihi is installed."""
