"""Trainings on several machines: an executor for Dask, and one training shared out among workers.

`dask` gives an executor, with which `nn.sweep`, `Ensemble.SGD` and ``nncore.reproduction.runs.run`` carry
their trainings out. `average` trains one network on several workers, which average their parameters now and
then.
"""

from nncore.distributed.averaging import average
from nncore.distributed.cluster import dask

__all__ = ["average", "dask"]
