"""`python -m nncore` is the command `nncore`."""

from nncore.cli import main

if __name__ == "__main__":
    main()
