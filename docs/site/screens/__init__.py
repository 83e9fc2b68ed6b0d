"""The screens of `nncore play` on pages of this site. `bundles.py` writes the scripts that show them.

    loader.js       loads a screen when the reader scrolls to it
    hosts/          what a screen runs in on a page of the site
    answers/        a module for each screen that the site answers, as play/screens/NAME.py does
    numbers/        what the answers compute with, besides the front end's own net/
    pictures/       each screen as a picture, light and dark, taken by `take_pictures.py`

The modules in these folders stand beside those of the front end: they import "../lib/core.js" as those do.
"""
