"""Let coverage guide the mutation of files: those that reach new code of a reader are mutated further.

    pip install atheris
    python tests/fuzz/guided.py --seconds 3600            a long round
    python tests/fuzz/guided.py --again crash-0123abcd    a file that it kept, with its traceback

libFuzzer mutates the files, and atheris tells it which branches of nncore's readers they reach. What a file
must not do is what `files.py` says. A file that does it is kept in this folder; its name is printed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

with atheris.instrument_imports(
    include=["nncore.files", "nncore.datasets", "nncore.formats", "nncore._persistence", "zipfile"]
):
    import files  # and with it the readers

import corpus as corpora  # noqa: E402
from desk import Desk  # noqa: E402

MOST_BYTES = 50_000  # of a file; the longest of the corpus has 40,000
MEMORY = 1500  # MB of the process
SECONDS = 60  # on the clock for a file, as others may use the machine


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--again", metavar="FILE", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nncore-guided-") as folder:
        corpus, desk, watch = Path(folder) / "corpus", Desk(Path(folder) / "desk"), files.Watch()
        for name, content in corpora.make(corpus).items():  # what is imported at first use
            files.faults_of(name, content, desk, watch)

        def check(content):
            name = "file.onnx" if content[:1] == b"\x08" else "file"  # ONNX is known by its name, too
            if faults := files.faults_of(name, content, desk, watch):
                raise AssertionError("\n".join(f"{reader}: {what}" for reader, what in faults.items()))

        if arguments.again:
            check(arguments.again.read_bytes())
            return
        options = {"max_total_time": arguments.seconds, "max_len": MOST_BYTES, "rss_limit_mb": MEMORY}
        options |= {"timeout": SECONDS, "print_final_stats": 1}
        atheris.Setup(
            [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], check
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
