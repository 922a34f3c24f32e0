"""The detector as a ready workload: one frame of each class."""

from __future__ import annotations

import numpy as np

from neuromorph.description import Frames, Stimuli
from neuromorph.workloads.can_bus.feature import features
from neuromorph.workloads.can_bus.frame import CLASSES
from neuromorph.workloads.can_bus.net import trained_detector
from neuromorph.workloads.can_bus.traffic import generate
from neuromorph.workloads.workload import Agreement, LargestOutput, Workload


def can_bus(*, seconds: float = 30.0, each: int = 600, epochs: int = 8, seed: int = 0) -> Workload:
    """Return detection with a net of two bits, trained here on a short drive.

    The inputs are, of each class, the first frame of a drive not trained on that the integers
    call right: they show that platforms agree. How often the net is right is the question of
    :func:`neuromorph.workloads.can_study`, with ten times the traffic.

    Parameters
    ----------
    seconds : float [s]
        Of the drive it is trained on.
    each, epochs, seed
        As in :func:`~neuromorph.workloads.can_bus.net.trained_detector`.

    Raises
    ------
    ValueError
        The net finds no frame of a class.
    """
    drive, _ = generate(seconds, attacks=round(0.6 * seconds), seed=seed)
    detector = trained_detector(drive, each=each, epochs=epochs, seed=seed)
    seen, _ = generate(10.0, attacks=6, seed=1000 + seed)
    said, x = detector.classes(seen), features(seen)
    stimuli: dict[str, Stimuli] = {}
    for number, name in enumerate(CLASSES):
        right = np.flatnonzero((seen.label == number) & (said == number))
        if not right.size:
            raise ValueError(f"can_bus: the net finds no frame of class {name!r}: more epochs, or "
                             "a longer drive")  # fmt: skip
        stimuli[name] = {"frame": Frames(value=np.asarray(x[right[0]], np.float64)[None, None])}
    return Workload(
        name="can_bus",
        title="intrusion on a CAN bus, one frame of each class",
        network=detector.network,
        stimuli=stimuli,
        targets={name: number for number, name in enumerate(CLASSES)},
        readout=LargestOutput(population="class"),
        agreement=Agreement(rate=0.0, count=1e-9, distance=0.0),
        quantised=detector.widths,
    )
