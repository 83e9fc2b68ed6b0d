"""What a node of an ONNX graph says of itself: its name, for messages, and its attributes."""

from __future__ import annotations

from typing import Any

FLOAT, INT, STRING, TENSOR, FLOATS, INTS = 1, 2, 3, 4, 6, 7  # AttributeProto.AttributeType
FIELDS = {FLOAT: "f", INT: "i", STRING: "s", TENSOR: "t", FLOATS: "floats", INTS: "ints"}
KINDS = {  # of the attributes that are read
    **dict.fromkeys(("alpha", "beta"), FLOAT),
    **dict.fromkeys(("transA", "transB", "axis", "group", "ceil_mode", "allowzero", "to"), INT),
    **dict.fromkeys(("auto_pad", "mode"), STRING),
    **dict.fromkeys(("kernel_shape", "strides", "pads", "dilations", "perm"), INTS),
}


def called(node: Any) -> str:
    """Name a node in a message. Texts that are no UTF-8 are bytes."""
    if node.name:
        return f"node {node.name!r:.80} ({node.op_type!s:.40})"
    return f"the node that makes {(list(node.output) or ['nothing'])[0]!r:.80} ({node.op_type!s:.40})"


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node; lists of numbers become tuples."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.type not in FIELDS or attribute.type != KINDS.get(attribute.name, attribute.type):
            raise ValueError(f"{called(node)}: its attribute {attribute.name!r:.80} is of an unknown kind")
        value = getattr(attribute, FIELDS[attribute.type])
        found[attribute.name] = tuple(value) if attribute.type in (FLOATS, INTS) else value
    return found


def text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
