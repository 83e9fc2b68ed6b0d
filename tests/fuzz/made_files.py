"""`any_file` makes a file of a random generator: a valid one that is mutated, or one that a grammar makes."""

import gzip
import json

from containers import PNG, mutated_message, mutated_page, mutated_png, mutated_safetensors
from grammars import GRAMMARS
from mutations import BYTE_MUTATIONS, mutated_json, mutated_zip


def inside(name, content):
    """The function that mutates what is in a file and leaves the rest whole; None for other files."""
    if content[:2] == b"PK":
        return mutated_zip
    if content[:1] == b"{":
        return lambda rng, content: json.dumps(mutated_json(rng, json.loads(content))).encode()
    if content[: len(PNG)] == PNG:
        return mutated_png
    if name.endswith(".html"):
        return mutated_page
    if name.endswith(".onnx"):
        return mutated_message
    return mutated_safetensors if content[8:9] == b"{" and name != "a.safetensors" else None


def mutated(rng, corpus):
    """A file of the corpus, with one to four mutations: of its bytes, or of what is in it."""
    name = rng.choice(list(corpus))
    content = corpus[name]
    way = rng.random()
    if way < 0.5 and (mutate := inside(name, content)) is not None:
        return name, mutate(rng, content)
    packed = content[:2] == b"\x1f\x8b" and way < 0.7
    changed = bytearray(gzip.decompress(content) if packed else content)
    for _ in range(1 + rng.randrange(4)):
        rng.choice(BYTE_MUTATIONS)(rng, changed, corpus)
    if packed or way > 0.97:
        return name, gzip.compress(changed, 1, mtime=0)
    return name, bytes(changed)


def any_file(rng, corpus):
    """A name and the contents of a file: two of three are mutations, the others are made by a grammar."""
    if rng.random() < 2 / 3:
        return mutated(rng, corpus)
    return rng.choice(GRAMMARS)(rng)
