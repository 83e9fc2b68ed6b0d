"""The experiments of the book as data, and what runs them and reports their results.

`experiments` lists every experiment with the numbers that the book gives. `runs` carries many of them out,
`single_run` one, and `record` reads and writes what a run leaves on disk, under the names of `stored_names`.
`results` collects finished runs, and `report` compares them with the book. `replay` repeats the author's own
seeded runs, and `published_curves` compares them with what he published.
"""
