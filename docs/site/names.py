"""How the reference shows names and signatures.

Names in single backticks of docstrings are code, and links where the reference has them: `Network.SGD`. The
signature of a class is that of its `__init__`, also where `__new__` looks for wrong names before.
"""

import inspect
import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

ROLE = "name"
PREFIXES = {
    "nn": "nncore",
    "net": "nncore.Network",
    "ensemble": "nncore.Ensemble",
    "history": "nncore.History",
}


def role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = ()
) -> Any:
    """Return a literal that may become a link."""
    text = nodes.unescape(text)
    literal = nodes.literal(rawtext, text)
    if not re.fullmatch(r"[A-Za-z_][\w.]*", text):
        return [literal], []
    link = addnodes.pending_xref(
        rawtext,
        literal,
        refdomain="py",
        reftype="obj",
        reftarget=text,
        refexplicit=False,
        refwarn=False,
        written=text,
    )
    env = inliner.document.settings.env
    link["refdoc"] = env.docname
    link["py:module"], link["py:class"] = env.ref_context.get("py:module"), env.ref_context.get("py:class")
    return [link], []


def resolve(app: Sphinx, env: Any, node: addnodes.pending_xref, content: nodes.Element) -> nodes.Node | None:
    """Link a name that is short for one in the reference; leave any other as it is."""
    if "written" not in node:
        return None
    first, _, rest = node["written"].partition(".")
    full = f"{PREFIXES.get(first, f'nncore.{first}')}{'.' * bool(rest)}{rest}"
    own = [part for part in (node.get("py:module"), node.get("py:class")) if part]
    found = env.domains.python_domain.objects
    for name in (
        full,
        ".".join([*own, node["written"]]),
        f"{own[0].rpartition('.')[0]}.{node['written']}" if own else full,
    ):
        if name in found:
            entry = found[name]
            return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, name)
    return content


def signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, given: str | None, returned: str | None
) -> tuple[str, str | None] | None:
    """Return the signature of a class whose `__new__` takes anything."""
    if what != "class" or given != "(*arguments, **named)":
        return None
    parameters = list(inspect.signature(thing.__init__).parameters.values())[1:]
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return str(inspect.Signature(bare)), returned


def begin(app: Sphinx, config: Any) -> None:
    config.default_role = ROLE
    config.toc_object_entries_show_parents = "hide"  # in the list at the side: SGD(), not Network.SGD()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role(ROLE, role)
    app.connect("config-inited", begin)
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-signature", signature)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
