# This file lets Cython find nncore.<folder>.<file>. There is no __init__.py here: the importable package is pysrc/nncore.
