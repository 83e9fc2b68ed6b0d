"""The book's own module names: its listings run unchanged but for the import line.

    from nncore.book import mnist_loader, network

`network` is chapter 1's program, `mnist_loader` its data, `mnist_average_darkness` and `mnist_svm` the two
baselines it is compared with. They are written anew on `nncore.Network` and `nncore.datasets`, print what the
book prints, and take what Python 3 gives: lists, zips and generators.

`experiments` lists every experiment of the book with its published number; `runs` carries them out, and
`report` sets ours beside the book's: ``nncore book`` on the command line.
"""
