"""`python -m nncore` runs the command `nncore`."""

from nncore.cli import main

if __name__ == "__main__":
    main()
