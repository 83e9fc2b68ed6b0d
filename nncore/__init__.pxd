# Marks this folder for `cimport nncore.<room>`. There is no __init__.py: the importable package is pysrc/nncore.
