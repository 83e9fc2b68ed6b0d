"""Carrying out many pieces of work with a `concurrent.futures` executor: threads, processes or a cluster."""
