"""Tools to look into a network.

`trace` follows one example through it, `gradient_check` compares its gradients with differences of the cost,
`find_eta` searches a learning rate, `plot` draws pictures, and `diagnose` says in plain words what keeps it
from learning.
"""
