"""The command `nncore`: each file of this package holds the commands of one group.

Exit codes: 0, the command did what was asked; 1, something is wrong with the data or a file, and one line
says what; 2, something is wrong with the command line; 130, Ctrl-C stopped the command.
"""

import click

import nncore
from nncore import _namesake
from nncore.cli import book, diagnose, evaluate, export, info, play, predict, show, train
from nncore.cli.messages import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(nncore.__version__, prog_name="nncore", message="%(prog)s %(version)s")
def main() -> None:
    """The networks of "Neural Networks and Deep Learning", at the speed of the machine.

    \b
    nncore train                          trains a network to read digits, in about a second
    nncore train --output digits.npz      does the same and saves the network
    nncore play                           opens a page that shows a network at work
    nncore evaluate digits.npz            counts the test digits that it reads correctly
    nncore predict digits.npz three.png   says which digit an image shows
    nncore show digits.npz --errors a.png draws the test digits that it reads wrongly
    nncore export digits.npz digits.onnx  writes a network for other programs: ONNX, C, safetensors
    nncore diagnose digits.npz            says why a network does not learn, in plain words
    nncore find-eta                       finds a learning rate by the book's recipe
    nncore replay overfitting             repeats the author's own run, digit for digit
    nncore book list                      lists the book's experiments, to run and to compare
    nncore info digits.npz                prints what a saved network or ensemble is
    nncore info                           prints what runs on this machine, and how fast

    "nncore train --help" explains the options of train, and so for each command.
    """
    _namesake.refuse_its_import()


main.add_command(train.train)
main.add_command(play.play)
main.add_command(evaluate.evaluate)
main.add_command(predict.predict)
main.add_command(show.show)
main.add_command(export.export)
main.add_command(diagnose.diagnose)
main.add_command(diagnose.find_eta)
main.add_command(book.book)
main.add_command(book.replay)
main.add_command(info.info)
