"""This package has the book's own modules under their own names: listings run unchanged but for the import.

    from nncore.book import mnist_loader, network

`network`, `network2` and `network3` are the programs of chapters 1, 3 and 6, and `mnist_loader` their data.
`mnist_average_darkness` and `mnist_svm` are the baselines of chapter 1, `expand_mnist` and `conv` belong to
chapter 6, and `universality` has the networks of chapter 4. All are written anew on `nncore.Network` and
`nncore.datasets`. They print what the book prints, and accept lists, zips and generators.

`nncore.reproduction` reproduces the book's numbers (on the command line: ``nncore book``).
"""
