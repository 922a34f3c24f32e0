"""Pulse level: cells as tables, circuits of them emulated event by event."""
