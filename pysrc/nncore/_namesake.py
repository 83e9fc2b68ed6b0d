"""This module notices the other project that is called nncore.

On the package index this project is called nndl, and nncore is another one. Both install into a folder
`nncore`, where one overwrites parts of the other.
"""

import os
import sys
import warnings

REMEDY = (
    "Remove it, then install this project again: `pip uninstall nncore`, and then, in the folder with this "
    "project's source, `pip install --force-reinstall .`"
)
ITS_FILE = os.path.join("engine", "hooks", "__init__.py")  # a file that only the other project has


def warn_of_its_files(folder: str) -> None:
    """Warn if files of the other project lie in `folder`, that of this package."""
    if os.path.exists(os.path.join(folder, ITS_FILE)):
        warnings.warn(
            f"files of another project that is called nncore, too, lie among those of this one ({folder}). "
            f"{REMEDY}",
            UserWarning,
            stacklevel=3,
        )


def refuse_its_import() -> None:
    """Raise ImportError if `import nncore` has run the other project's `__init__.py`."""
    if not hasattr(sys.modules["nncore"], "Dense"):
        raise ImportError(
            f"another project that is called nncore, too, was installed over this one. {REMEDY}"
        )
