"""Results of single runs in a folder, so that an interrupted comparison goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from neuromorph import provenance
from neuromorph.description import Network, Stimuli
from neuromorph.description.stimulus import stimuli_at
from neuromorph.result import Result
from neuromorph.storage import load, save


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStore:
    """One ``.npz`` file per run, named after everything the result depends on.

    A run of another network, stimulus, backend option, seed, duration, step, package version or
    commit has another name and is computed afresh.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    def path(
        self,
        network: Network,
        stimulus: Stimuli,
        *,
        backend: object,
        duration: float | None,
        dt: float | None,
        seed: int,
    ) -> Path:
        """Return where the result of that run lies, or would lie."""
        inputs = {
            name: [given.content_hash() for given in stimuli_at(stimulus, name)]
            for name in sorted(stimulus)
        }
        key = [
            provenance.versions()["neuromorph"], provenance.git_commit(), repr(backend),
            network.content_hash(), inputs, duration, dt, seed,
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
        return self.folder / f"{digest[:24]}.npz"

    def get(self, path: Path) -> Result | None:
        """Return the result stored at ``path``, or None.

        Raises
        ------
        StorageError
            The file is not whole: delete it.
        """
        if not path.exists():
            return None
        found: Result = load(path)
        return found

    def put(self, path: Path, result: Result) -> None:
        """Store a result (without the state to go on from)."""
        save(replace(result, state=None), path)
