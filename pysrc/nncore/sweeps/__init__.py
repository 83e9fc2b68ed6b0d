"""`nn.sweep`: many trainings, with other arguments and other seeds, and one table of what came out.

`configs.py` turns what a user gives into lists of arguments; `training.py` carries one training out;
`sweep.py` has them carried out; `results.py` is the table.
"""
