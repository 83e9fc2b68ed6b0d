"""Compare the machine code of the kernels in two source trees, function by function, names aside.

    python tools/compare_disassembly.py BEFORE AFTER [--targets avx2 avx512 base] [--show 5]

Each tree is a checkout of this project. Every variant (SIMD target and dtype) is translated by Cython and
compiled with the flags of its own setup.py. Line numbers that Cython keeps for tracebacks are set to 0 first,
since they move with every edit. Functions are compared by their instructions: addresses, symbol names and the
offsets of constants are left out. It needs Cython, a C compiler and objdump (Debian's binutils).

A function counts as a kernel if it uses SIMD registers. The exit code is 0 if all kernels of all variants are
the same.
"""

from __future__ import annotations

import argparse
import collections
import re
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CFLAGS = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fno-strict-aliasing"]
TARGETS = {"base": [], "avx2": ["-march=x86-64-v3"], "avx512": ["-march=x86-64-v4"]}
DTYPES = {"f32": [], "f64": ["-DNNCORE_DOUBLE=1"]}
DIRECTIVES = "boundscheck=False,initializedcheck=False,wraparound=False,cdivision=True"


def translate(tree: Path, folder: Path) -> Path:
    """Return the C file that Cython makes of the tree's kernels, its line numbers set to 0."""
    source = folder / "kernels_variant.pyx"
    source.write_text('include "nncore/kernels.pyx"\n')
    output = folder / "kernels_variant.c"
    cython = [sys.executable, "-m", "cython", "-3", "-X", DIRECTIVES, "-I", str(tree), str(source)]
    subprocess.run([*cython, "-o", str(output)], check=True, cwd=tree)
    text = output.read_text()
    text = re.sub(r"__PYX_ERR\(\d+, \d+,", "__PYX_ERR(0, 0,", text)
    text = re.sub(r"__pyx_lineno = \d+", "__pyx_lineno = 0", text)
    text = re.sub(r"\b__LINE__\b", "0", text)
    output.write_text(text)
    return output


def compiled(tree: Path, source: Path, target: str, dtype: str) -> Path:
    """Compile one variant; return the object file."""
    output = source.with_name(f"{target}_{dtype}.o")
    command = ["cc", "-c", "-fPIC", "-DNDEBUG", *CFLAGS, *TARGETS[target], *DTYPES[dtype]]
    command += [f'-DNNCORE_TARGET="{target}"', "-DCYTHON_CLINE_IN_TRACEBACK=0"]
    command += ["-I", str(tree), "-I", sysconfig.get_paths()["include"], str(source), "-o", str(output)]
    subprocess.run(command, check=True)
    return output


def functions(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the instructions of each function of an object file, without addresses and names."""
    command = ["objdump", "-d", "--no-show-raw-insn", "-w", str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, list[str]] = {}
    name, start = "", 0
    for line in listing.splitlines():
        if head := re.match(r"([0-9a-f]+) <(.+)>:$", line):
            start, name = int(head[1], 16), head[2]
            found[name] = []
        elif body := re.match(r"\s+[0-9a-f]+:\s+(.*)$", line):
            found[name].append(without_names(body[1], name, start))
    return {name: tuple(lines) for name, lines in found.items() if "pymod_exec" not in name}


def without_names(instruction: str, function: str, start: int) -> str:
    """An instruction whose jumps are relative to the function's start, and whose symbols are left out."""
    instruction = re.sub(r"\s*#.*$", "", instruction)
    instruction = re.sub(r"-?0x[0-9a-f]+\(%rip\)", "CONSTANT(%rip)", instruction)
    if jump := re.match(r"(j\w+|call\w*)\s+([0-9a-f]+) <(.+?)(\+0x[0-9a-f]+)?>$", instruction):
        inside = jump[3] == function and not jump[1].startswith("call")
        return f"{jump[1]} +{int(jump[2], 16) - start:x}" if inside else f"{jump[1]} elsewhere"
    return re.sub(r"\s*<.*>", "", instruction)


def is_kernel(lines: tuple[str, ...]) -> bool:
    return any(re.search(r"%[xyz]mm\d", line) for line in lines)


def compare(before: dict[str, tuple[str, ...]], after: dict[str, tuple[str, ...]], show: int) -> bool:
    """Print what differs; return whether all kernels are the same."""
    old = collections.Counter(lines for lines in before.values() if is_kernel(lines))
    new = collections.Counter(lines for lines in after.values() if is_kernel(lines))
    same = sum((old & new).values())
    print(f"{same} of {sum(old.values())} kernels before and {sum(new.values())} after are the same", end="")
    if old == new:
        print()
        return True
    print("; they differ in")
    for label, table, rest in (("before", before, old - new), ("after", after, new - old)):
        names = [(len(lines), name) for name, lines in table.items() if lines in rest]
        for size, name in sorted(names, reverse=True)[:show]:
            print(f"    {label}: {name} ({size} instructions)")
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the machine code of the kernels in two trees.")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--show", type=int, default=5, help="how many functions to name that differ")
    arguments = parser.parse_args()
    variants = [(target, dtype) for target in arguments.targets for dtype in DTYPES]
    equal = True
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        objects = []
        for number, tree in enumerate((arguments.before.resolve(), arguments.after.resolve())):
            place = Path(folder, str(number))
            place.mkdir()
            source = translate(tree, place)
            objects.append(list(pool.map(lambda v, t=tree, s=source: compiled(t, s, *v), variants)))
        for (target, dtype), before, after in zip(variants, *objects, strict=True):
            print(f"{target} {dtype}: ", end="")
            equal &= compare(functions(before), functions(after), arguments.show)
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
