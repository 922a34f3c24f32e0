"""What is loaded on a board and ready to run again and again: a network with its input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from neuromorph.fpga.word import Words


class Runnable(Protocol):
    """A network loaded on a board."""

    @property
    def board(self) -> Any:
        """The board it is loaded on."""

    def once(self) -> Any:
        """Clear the state, run the input, and return what came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A spiking network loaded on a board, with the packets of one run."""

    board: Any
    run: Any
    packets: list[Words]

    def once(self, *, clear: bool = True) -> list[Any]:
        """Clear the state, run all packets, and return the answers."""
        from neuromorph.fpga import word

        if clear:
            self.board.transfer(word.clear())
        return [word.decode(self.board.transfer(words)) for words in self.packets]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDeployed:
    """A frame-based network loaded on a board, with integer sequences (n_frame, n_input)."""

    board: Any
    sequences: tuple[Any, ...]

    def once(self) -> list[Any]:
        """Run all sequences, each from cleared state, and return the outputs."""
        return [self.board.predict(sequence) for sequence in self.sequences]
