"""What the pages in Markdown say: their links, headings, names in code, and commands."""

import re
import textwrap

FENCE = re.compile(
    r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>[^\n]*)\n(?P<code>.*?)^(?P=indent)(?P=marks) *$",
    re.MULTILINE | re.DOTALL,
)
SHELL = ("", "sh", "console", "text", "{terminal}")


def prose(text):
    """Return a page without its code: fences, lines of four spaces, and the head of a notebook."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = FENCE.sub(lambda found: found["code"] if is_text(found["info"]) else "", text)
    return re.sub(r"(?m)^(?: {4}|\t).*$", "", text)


def is_text(info):
    """Whether a fence holds Markdown: a directive that folds, frames or cites it."""
    name = re.match(r"\{([\w-]+)\}", info.strip())
    return name is not None and name[1] in (
        "dropdown",
        "note",
        "tip",
        "warning",
        "admonition",
        "seealso",
        "important",
        "figure",
    )


def spans(text):
    """Return the code within lines."""
    return [span for _, span in re.findall(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", prose(text), re.DOTALL)]


def blocks(text):
    """Return the blocks of code, each with the word that names its language."""
    found = [
        (match["info"].split()[0] if match["info"].strip() else "", textwrap.dedent(match["code"]))
        for match in FENCE.finditer(text)
    ]
    rest = FENCE.sub("\n", text)
    return [*found, *(("", "\n".join(line[4:] for line in block.splitlines()))
                      for block in re.findall(r"(?m)(?:^ {4}\S.*\n?)+", rest))]  # fmt: skip


def python_of(text):
    """Return the Python of a page, as one text."""
    return "\n".join(code for language, code in blocks(text) if language in ("python", "py", "{code-cell}"))


def links(text):
    """Return the targets of the links and pictures of a page, but those of the web."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]+`", "`code`", prose(text)))
    found += re.findall(r'(?:src|srcset)="([^"]+)"', text)
    return [target for target in found if "://" not in target and not target.startswith("mailto:")]


def headings(text):
    """Return the names under which code hosts and the site link to the headings of a page."""
    names, seen = set(), {}
    for title in re.findall(r"(?m)^#{1,6} +(.+?) *#*$", FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        name = re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
        again = seen.get(name, 0)
        seen[name] = again + 1
        names.add(f"{name}-{again}" if again else name)
    return names | set(re.findall(r"(?m)^\(([\w-]+)\)=$", text))


def commands(text):
    """Return the commands `nncore ...` of a page, of its lines and of its blocks for the shell."""
    found = spans(text)
    for language, code in blocks(text):
        if language in SHELL:
            found += code.replace("\\\n", " ").splitlines()
    parts = [
        part.strip().removeprefix("$ ").removeprefix("python -m ")
        for line in found
        for part in re.split(r"&&|;|\||  +#|  {2,}", line)
    ]
    return sorted({" ".join(part.split()) for part in parts if re.match(r"nncore +[a-z-]", part)})
