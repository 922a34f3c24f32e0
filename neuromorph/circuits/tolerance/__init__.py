"""Tolerance: knobs, checks, margins, operating regions, yield and centring."""
