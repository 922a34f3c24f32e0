"""neuromorph: one network description, many substrates."""

__version__ = "0.1.0"
