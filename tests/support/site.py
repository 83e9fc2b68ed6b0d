"""The documentation site: its sources, building it, what its pages link to, and opening them in a browser."""

import functools
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def sources():
    """Return the Markdown pages of the site, and those of the repository."""
    repository = [*ROOT.glob("*.md"), ROOT / "nncore/README.md", ROOT / "bench/README.md"]
    return [*sorted(DOCS.rglob("*.md")), *repository]


def build(target):
    """Build the site into a folder, as its readers are told to; return what Sphinx says, if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "--keep-going", str(DOCS), str(target)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def page_names(site):
    """Return the names of the site's pages, such as chapters/chapter1."""
    names = [path.relative_to(site).with_suffix("").as_posix() for path in sorted(site.rglob("*.html"))]
    return [name for name in names if not name.startswith("_")]  # the theme leaves a template in _static


def opened(page, site, name):
    """Open a page of the built site from the disk, wait until its formulas are set, and return by how many
    pixels it is wider than its window."""
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    page.evaluate("async () => { await globalThis.MathJax?.startup?.promise; await document.fonts.ready; }")
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


# What the attributes of an element make a browser load.
LOADING = {
    "script": ["src"], "img": ["src", "srcset"], "source": ["src", "srcset"], "iframe": ["src"],
    "embed": ["src"], "object": ["data"], "video": ["src", "poster"], "audio": ["src"], "track": ["src"],
    "input": ["src"],
    "image": ["href", "xlink:href"], "use": ["href", "xlink:href"],
}  # fmt: skip


class Html(HTMLParser):
    """What a page of HTML has: `links` for readers, `loads` for browsers, and `anchors`."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors, self.styles = [], [], set(), []
        self.in_style = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.in_style = tag == "style"
        for name in ("id", "name"):
            if given.get(name):
                self.anchors.add(given[name])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") not in ("canonical", "license", "author"):
            self.loads.append(given.get("href") or "")
        for name in LOADING.get(tag, []):
            value = given.get(name)
            if value:
                self.loads += [part.split()[0] for part in value.split(",")] if name == "srcset" else [value]
        if given.get("style"):
            self.styles.append(given["style"])

    def handle_endtag(self, tag):
        self.in_style = False

    def handle_data(self, data):
        if self.in_style:
            self.styles.append(data)


@functools.cache
def html(path):
    return Html(path.read_text())


def loaded_by_css(text):
    """Return the addresses that a style sheet loads."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found = re.findall(r"url\(\s*(\"[^\"]*\"|'[^']*'|[^)]*)\s*\)", text) + re.findall(
        r"@import\s+(\"[^\"]*\"|'[^']*')", text
    )
    return [address.strip("\"' ") for address in found]


def dead_links(site):
    """Return the links of the site's pages that lead to no file of it, or to no anchor of that file."""
    dead = []
    for name in page_names(site):
        path = site / f"{name}.html"
        for link in html(path).links:
            address, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:|//", address):
                continue
            target = (path.parent / unquote(address.partition("?")[0])).resolve() if address else path
            if target.is_dir():
                target = target / "index.html"
            if not target.is_file():
                dead.append(f"{name}: {link}")
            elif anchor and target.suffix == ".html" and unquote(anchor) not in html(target).anchors:
                dead.append(f"{name}: {link}, no such place")
    return dead
