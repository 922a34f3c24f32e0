"""NIR, the Neuromorphic Intermediate Representation (Pedersen et al. 2024): reading and writing.

Needs the package ``nir`` (``pip install 'neuromorph[nir]'``).
"""

from neuromorph.nir.convention import Convention
from neuromorph.nir.pathway import NIRError
from neuromorph.nir.reading import from_graph, read
from neuromorph.nir.writing import to_graph, write

__all__ = ["Convention", "NIRError", "from_graph", "read", "to_graph", "write"]
