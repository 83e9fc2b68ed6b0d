"""`time_to_accuracy.py` starts these modules: each is a whole program, from imports to a printed accuracy."""
