"""Handing results to other tools: xarray, neo, and HTML for notebooks."""
