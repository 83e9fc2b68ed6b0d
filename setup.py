"""This script builds the kernel variants; everything else about the project is in pyproject.toml.

One source, nncore/kernels.pyx, becomes an extension for each SIMD target and each dtype. Two extensions may
not share a .pyx (its module's name is in the C file), so each variant is a one-line file under build/ that
includes it. What Cython itself needs for arrays is one more extension, nncore._cython, which they share.
"""

import contextlib
import json
import logging
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup  # imported before Cython, which uses it if it is loaded
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

from Cython.Build import cythonize  # isort: skip

# The target plain has one number in each register and is not optimised. It serves reading and debugging, and
# its results have the same bits as those of base.
PLAIN = {"plain": ["-O1", "-g", "-fno-tree-vectorize", "-DNNCORE_PLAIN"]}
X86_TARGETS = {"base": [], "avx2": ["-march=x86-64-v3"], "avx512": ["-march=x86-64-v4"]}
DTYPES = {"f32": [], "f64": [("NNCORE_DOUBLE", "1")]}
FLAGS = ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fno-strict-aliasing"]
# gcc returns memory that it no longer uses sooner: 200 MB a process, not 370.
FRUGAL = ["--param", "ggc-min-expand=30", "--param", "ggc-min-heapsize=65536"]
# Exceptions of C++ do not pass through kernels, so tables that say how to unwind their frames serve nobody.
NO_UNWINDING = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"]
STRIP = ["-Wl,-x" if sys.platform == "darwin" else "-Wl,--strip-all"]
DEBUG = bool(os.environ.get("NNCORE_DEBUG"))  # bounds checks and symbols, for hunting a crash
SANITIZE = os.environ.get("NNCORE_SANITIZE", "")  # sanitizers to build with (.ci/sanitize)
# Free-threaded Python is untested; NNCORE_FREE_THREADING=1 declares that the kernels do not need its lock.
FREE_THREADING = bool(os.environ.get("NNCORE_FREE_THREADING"))
# NNCORE_ABI3=1 builds for every Python from 3.11 on, through the stable binary interface.
ABI3 = bool(os.environ.get("NNCORE_ABI3"))
LIMITED = [("Py_LIMITED_API", "0x030B0000")] if ABI3 else []
SHARED = "nncore._cython"
# Cython's check of an array's dtype reads on behind the last number that it expects: an array of two fields,
# of which the first is the number that is needed, ends the process (github.com/cython/cython/issues/1712).
# In the C that Cython writes, a refusal is put before each line that does so.
MISMATCH = 'PyErr_SetString(PyExc_ValueError, "Buffer dtype mismatch, expected end but got a field")'
REFUSAL = f"if (ctx->head == NULL) {{ {MISMATCH}; return -1; }}\n"
READS_ON = ("  if (ctx->head->field->type->arraysize[0]) {\n", "    ndim = ctx->head->field->type->ndim;\n")

# What to install, by platform, where no C compiler works.
COMPILERS = {
    "linux": "sudo apt install gcc libc6-dev (Debian, Ubuntu), sudo dnf install gcc (Fedora), "
    "apk add gcc musl-dev (Alpine)",
    "darwin": "xcode-select --install",
    "win32": "the Build Tools for Visual Studio, with the workload 'Desktop development with C++'",
}
HEADERS = {
    "linux": "sudo apt install python3-dev (Debian, Ubuntu), sudo dnf install python3-devel (Fedora), "
    "apk add python3-dev (Alpine)",
    "darwin": "Python from python.org or Homebrew, which brings them",
    "win32": "Python from python.org, which brings them",
}


def for_this_platform(remedies):
    return remedies.get(sys.platform, remedies["linux"])


def targets():
    """Return the SIMD targets worth trying on this platform: name -> compiler flags."""
    platform = sysconfig.get_platform()
    if platform.endswith(("arm64", "aarch64")):
        return {"neon": []} | PLAIN
    if platform.endswith(("x86_64", "amd64")):
        return X86_TARGETS | PLAIN
    if platform.endswith("wasm32"):
        return {"base": ["-msimd128"]} | PLAIN
    return {"base": []} | PLAIN


def wanted():
    """Return the names of the targets to build: all, or those that NNCORE_BUILD_TARGETS names."""
    names = os.environ.get("NNCORE_BUILD_TARGETS", "").split()
    unknown = set(names) - set(targets())
    if unknown:
        raise SystemExit(
            f"NNCORE_BUILD_TARGETS: some of {', '.join(targets())} needed, got {', '.join(sorted(unknown))}"
        )
    return names or list(targets())


def variant(target, dtype, macros):
    """Return the extension nncore._kernels_<target>_<dtype>."""
    name = f"_kernels_{target}_{dtype}"
    source = Path("build", "variants", f"{name}.pyx")
    source.parent.mkdir(parents=True, exist_ok=True)
    include = 'include "nncore/kernels.pyx"\n'
    if not source.exists() or source.read_text() != include:
        source.write_text(include)
    return Extension(
        f"nncore.{name}",
        [str(source)],
        define_macros=[*macros, *LIMITED, ("NNCORE_TARGET", f'"{target}"')],
        include_dirs=["."],
        py_limited_api=ABI3,
        depends=[str(path) for path in Path("nncore").rglob("*.*")],
    )


class build_package(build_py):
    """This command puts the answers to the book's exercises into one file, a third as large in a wheel."""

    packed = Path("nncore", "book", "exercises", "answers.json")

    def run(self):
        super().run()
        if not self.editable_mode:  # an editable installation reads the folder
            folder = Path("pysrc", self.packed.parent, "_answers")
            files = sorted(path for suffix in ("py", "md") for path in folder.glob(f"chapter?/*.{suffix}"))
            texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
            target = Path(self.build_lib, self.packed)
            target.write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")

    def get_outputs(self, include_bytecode=1):
        packed = [] if self.editable_mode else [str(Path(self.build_lib, self.packed))]
        return [*super().get_outputs(include_bytecode), *packed]


class build_kernels(build_ext):
    """This command adds each variant's flags, and leaves out a target that the compiler does not know."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self):
        self.take_clang_cl()
        self.check_compiler()
        self.choose_flags()
        self.translate()
        super().build_extensions()

    def take_clang_cl(self):
        """Let clang-cl compile on Windows, where it is installed: cl.exe has no registers as types.

        setuptools has no setting for it. Its class for cl.exe finds what Windows needs, and clang-cl takes
        the options of cl.exe.
        """
        self.clang_cl = shutil.which("clang-cl") if self.compiler.compiler_type == "msvc" else None
        if self.clang_cl:
            self.compiler.initialize()
            self.compiler.cc = self.clang_cl

    def spelled(self, flags):
        """Return gcc's flags as this compiler takes them."""
        return [f"/clang:{flag}" for flag in flags] if self.clang_cl else list(flags)

    def choose_flags(self):
        """Give each extension its flags; leave out those of a target that the compiler does not know."""
        if self.compiler.compiler_type == "msvc" and not self.clang_cl:
            self.extensions = [ext for ext in self.extensions if target_of(ext) in ("base", None)]
            for ext in self.extensions:
                ext.extra_compile_args = ["/O2", "/fp:precise"]
        else:
            refused = {name for name in wanted() if self.error(targets()[name])}
            for name in sorted(refused):
                print(f"nncore: left out the kernels for {name}: this compiler refuses {targets()[name]}")
            self.extensions = [ext for ext in self.extensions if target_of(ext) not in refused]
            common, link = self.common_flags()
            for ext in self.extensions:
                ext.extra_compile_args = self.spelled([*common, *targets().get(target_of(ext), ["-O1"])])
                ext.extra_link_args = link

    def translate(self):
        """Let Cython write the C file of each extension."""
        translated = cythonize(
            self.extensions,
            include_path=["."],
            nthreads=os.cpu_count() if sys.platform == "linux" else 0,
            shared_utility_qualified_name=SHARED,
            compiler_directives={
                "language_level": 3,
                "boundscheck": DEBUG,
                "initializedcheck": DEBUG,
                "wraparound": False,
                "cdivision": True,
                "embedsignature": True,
                "embedsignature.format": "python",
                "freethreading_compatible": FREE_THREADING,
            },
        )
        sources = {ext.name: ext.sources for ext in translated}
        for ext in self.extensions:
            ext.sources = sources[ext.name]
            for source in map(Path, ext.sources):
                guard(source)

    def common_flags(self):
        """Return the flags that every variant is compiled with, and those that it is linked with."""
        if SANITIZE:
            flags = [
                f"-fsanitize={SANITIZE}",
                "-fno-sanitize-recover=all",
                "-fno-omit-frame-pointer",
                "-fno-wrapv",  # Python's own flags let sums of integers wrap: then no overflow is reported
                "-O1",
                "-g",
            ]
            return FLAGS + flags, flags[:1]
        if DEBUG:
            return [*FLAGS, "-O1", "-g"], []
        wanted = (FRUGAL, NO_UNWINDING) if sys.platform == "linux" else (FRUGAL,)
        known = [flag for flags in wanted if not self.error(["-Werror", *flags]) for flag in flags]
        return FLAGS + known, [] if self.clang_cl or self.error(link=STRIP) else STRIP

    def check_compiler(self):
        """End the installation with a sentence that says what to install, if nothing can be compiled here."""
        reason = self.error()
        if reason:
            raise SystemExit(
                f"nncore is compiled where it is installed, and no C compiler works here ({reason}): "
                f"install one, then try again: {for_this_platform(COMPILERS)}"
            )
        reason = self.error(source="#include <Python.h>\n")
        if reason:
            raise SystemExit(
                f"nncore is compiled where it is installed, and needs Python's headers; Python.h is not in "
                f"{sysconfig.get_paths()['include']}: install them, then try again: "
                f"{for_this_platform(HEADERS)}"
            )

    def error(self, flags=(), link=None, source=""):
        """Return why a small program cannot be compiled with these flags, or "" if it can.

        With `link`, flags of the linker, it is linked too.
        """
        with tempfile.TemporaryDirectory() as folder, quietly():
            probe = Path(folder, "probe.c")
            probe.write_text(source + "int probe(void) { return 0; }\n")
            try:
                objects = self.compiler.compile(
                    [str(probe)],
                    output_dir=folder,
                    include_dirs=self.include_dirs,
                    extra_postargs=self.spelled(flags),
                )
                if not all(Path(name).exists() for name in objects):
                    return f"{' '.join(self.compiler.compiler_so[:1])} writes nothing"
                if link is not None:
                    self.compiler.link_shared_object(
                        objects, str(Path(folder, "probe.so")), extra_postargs=link
                    )
            except Exception as reason:
                return str(reason) or type(reason).__name__
        return ""


def guard(source):
    """Put the refusal into a C file of Cython's, unless it is there, or is not needed there."""
    text = guarded = source.read_text(encoding="utf-8")
    if REFUSAL not in text:
        for line in READS_ON:
            guarded = guarded.replace(line, REFUSAL + line)
    if guarded != text:  # a file that is written anew is compiled anew
        source.write_text(guarded, encoding="utf-8")


@contextlib.contextmanager
def quietly():
    """Keep the messages of probes, which may fail, out of the user's sight."""
    output = [(stream, os.dup(stream)) for stream in (1, 2)]
    logging.disable(logging.CRITICAL)
    try:
        with open(os.devnull, "w") as nowhere:
            for stream, _ in output:
                os.dup2(nowhere.fileno(), stream)
        yield
    finally:
        logging.disable(logging.NOTSET)
        for stream, copy in output:
            os.dup2(copy, stream)
            os.close(copy)


def target_of(ext):
    """Return the target of a variant, or None of the extension that all share."""
    return None if ext.name == SHARED else ext.name.split("_")[2]


setup(
    ext_modules=[
        *(variant(target, dtype, macros) for target in wanted() for dtype, macros in DTYPES.items()),
        Extension(SHARED, ["build/variants/_cython.c"], define_macros=LIMITED, py_limited_api=ABI3),
    ],
    cmdclass={"build_ext": build_kernels, "build_py": build_package},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if ABI3 else {},
)
