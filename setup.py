"""This script builds the kernel variants; everything else about the project is in pyproject.toml.

One source, nncore/kernels.pyx, becomes an extension for each SIMD target and each dtype. Two extensions may
not share a .pyx (its module's name is in the C file), so each variant is a one-line file under build/ that
includes it.
"""

import os
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup  # imported before Cython, which uses it if it is loaded
from setuptools.command.build_ext import build_ext

from Cython.Build import cythonize  # isort: skip

# The target plain has one number in each register and is not optimised. It serves reading and debugging, and
# its results have the same bits as those of base.
PLAIN = {"plain": ["-O1", "-g", "-fno-tree-vectorize", "-DNNCORE_PLAIN"]}
X86_TARGETS = {"base": [], "avx2": ["-march=x86-64-v3"], "avx512": ["-march=x86-64-v4"]}
DTYPES = {"f32": [], "f64": [("NNCORE_DOUBLE", "1")]}
FLAGS = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fno-strict-aliasing"]
DEBUG = bool(os.environ.get("NNCORE_DEBUG"))  # bounds checks and symbols, for hunting a crash


def targets():
    """Return the SIMD targets worth trying on this platform: name -> compiler flags."""
    platform = sysconfig.get_platform()
    if platform.endswith(("arm64", "aarch64")):
        return {"neon": []} | PLAIN
    if platform.endswith(("x86_64", "amd64")) and not platform.startswith("win"):
        return X86_TARGETS | PLAIN
    return {"base": []} | PLAIN


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
        define_macros=[*macros, ("NNCORE_TARGET", f'"{target}"')],
        include_dirs=["."],
        depends=[str(path) for path in Path("nncore").rglob("*.*")],
    )


class build_kernels(build_ext):
    """This command adds each variant's flags, and leaves out a target that the compiler does not know."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self):
        if self.compiler.compiler_type == "msvc":
            self.extensions = [ext for ext in self.extensions if "_base_" in ext.name]
            for ext in self.extensions:
                ext.extra_compile_args = ["/O2", "/fp:precise"]
        else:
            refused = {target for target, flags in targets().items() if not self.accepts(flags)}
            self.extensions = [ext for ext in self.extensions if target_of(ext) not in refused]
            for ext in self.extensions:
                ext.extra_compile_args = FLAGS + targets()[target_of(ext)] + (["-O1", "-g"] if DEBUG else [])
        super().build_extensions()

    def accepts(self, flags):
        """Return whether the compiler takes these flags."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder, "probe.c")
            probe.write_text("int probe(void) { return 0; }\n")
            try:
                self.compiler.compile([str(probe)], output_dir=folder, extra_postargs=flags)
            except Exception as reason:
                print(f"nncore: left out the kernels for {flags}: the compiler refuses ({reason})")
                return False
        return True


def target_of(ext):
    return ext.name.split("_")[2]


setup(
    ext_modules=cythonize(
        [variant(target, dtype, macros) for target in targets() for dtype, macros in DTYPES.items()],
        include_path=["."],
        build_dir=None,
        compiler_directives={
            "language_level": 3,
            "boundscheck": DEBUG,
            "initializedcheck": DEBUG,
            "wraparound": False,
            "cdivision": True,
            "embedsignature": True,
            "embedsignature.format": "python",
        },
    ),
    cmdclass={"build_ext": build_kernels},
)
