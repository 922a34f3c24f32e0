"""Decks: text in the netlist dialect, read into flat circuits and written back."""
