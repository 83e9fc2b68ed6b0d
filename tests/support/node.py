"""`run` runs a script in node, with the front end's modules; arrays go in and come out as bytes."""

import base64
import gzip
import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from nncore.files.es_modules import STATIC

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node runs the front end's modules: apt install nodejs")

SCRIPT = """
import {{ readFileSync }} from "node:fs";
import {{ gzipSync }} from "node:zlib";
{imports}
const TYPES = {{ float32: Float32Array, float64: Float64Array, uint8: Uint8Array, uint16: Uint16Array,
  uint32: Uint32Array, int8: Int8Array, int32: Int32Array }};
const given = JSON.parse(readFileSync(0, "utf8"), (_, value) => {{
  if (typeof value?.bytes !== "string") return value;
  const array = new TYPES[value.type](Uint8Array.from(Buffer.from(value.bytes, "base64")).buffer);
  return Object.assign(array, {{ shape: value.shape }});
}});
const answer = await (async () => {{
{body}
}})();
console.log(JSON.stringify(answer, (_, value) => {{
  if (!ArrayBuffer.isView(value)) return value;
  const all = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const bytes = gzipSync(all, {{ level: 1 }}).toString("base64");
  const type = Object.keys(TYPES).find((name) => value instanceof TYPES[name]);
  return {{ bytes, type, shape: value.shape ?? [value.length] }};
}}));
"""


def run(body, root=STATIC, **given):
    """Return what the body of an async function returns. It imports from "@/net/forward.js" and so on, which
    lie below `root`."""
    statement = re.compile(r"^ *import .*;$", re.MULTILINE)
    imports = "\n".join(statement.findall(body)).replace('"@/', f'"{root.as_uri()}/')
    body = statement.sub("", body)
    script = SCRIPT.format(imports=imports, body=body)
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(given, default=_packed),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=_unpacked)


def _packed(array):
    array = np.ascontiguousarray(array)
    return {
        "bytes": base64.b64encode(array.tobytes()).decode(),
        "type": array.dtype.name,
        "shape": array.shape,
    }


def _unpacked(value):
    if "bytes" not in value:
        return value
    array = np.frombuffer(gzip.decompress(base64.b64decode(value["bytes"])), value["type"])
    return array.reshape(value["shape"])


def described(net):
    """A network as `networkOf` takes it: description, weights and biases."""
    description = {
        "layers": [{"type": type(layer).__name__, **vars(layer)} for layer in net.layers],
        "input_shape": net.input_shape,
        "cost": net.cost_name,
    }
    weights, biases = ([np.ascontiguousarray(a) for a in arrays] for arrays in (net.weights, net.biases))
    return {"description": description, "weights": weights, "biases": [b.reshape(-1) for b in biases]}
