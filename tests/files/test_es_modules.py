"""The front end's modules become one text, in an order in which each comes after those that it imports."""

import json
import re

import pytest

from nncore.files import es_modules


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.js"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def test_modules_come_after_those_that_they_import(folder):
    root = folder(
        main='import { a } from "./lib/a.js";\nimport "./lib/b.js";\nexport default a;\n',
        lib__a='import b, {\n  c,\n  d as e,\n} from "./b.js";\nexport const a = b;\n',
        lib__b="export default 1;\nexport const c = 2, d = 3;\n",
    )
    found = es_modules.collect("main.js", root=root)
    assert [module.name for module in found] == ["lib/b.js", "lib/a.js", "main.js"]
    assert found[1].text.startswith('import b, { c, d as e, } from "/lib/b.js";\n')
    assert 'import "/lib/b.js";' in found[2].text


def test_the_front_end_is_of_the_form_that_is_known():
    for path in es_modules.STATIC.glob("*/*.js"):
        name = path.relative_to(es_modules.STATIC).as_posix()
        if name not in ("screens/index.js", "file/begin.js"):  # which load what they are told
            assert es_modules.collect(name)[-1].name == name


@pytest.mark.parametrize(
    "statement",
    [
        "import { a } from './a.js';",
        'import { a } from "./a.js"',
        'import { a } from "a";',
        'const a = await import("./a.js");',
        'export { a } from "./a.js";',
        'export * from "./a.js";',
        'import { a } from "https://example.org/a.js";',
    ],
)
def test_another_form_is_refused_with_the_file_s_name(folder, statement):
    root = folder(main=f"{statement}\n", a="export const a = 1;\n")
    with pytest.raises(ValueError, match=r"^main\.js: an import of the form import \{ \.\.\. \}"):
        es_modules.collect("main.js", root=root)


def test_what_only_looks_like_an_import_is_left_alone(folder):
    text = 'export const important = 1;\nconst from = "export";\nexport default { important, from };\n'
    [module] = es_modules.collect("main.js", root=folder(main=text))
    assert module.text == text


def test_circles_missing_modules_and_other_folders_are_refused(folder):
    root = folder(
        a='import { b } from "./b.js";\n',
        b='import { a } from "./a.js";\n',
        c='import "./d.js";\n',
        e='import "../f.js";\n',
    )
    for name, message in (
        ("a.js", r"a\.js: it imports itself, by way of a\.js and b\.js"),
        ("c.js", r"d\.js: there is no such module; c\.js imports it"),
        ("e.js", r"\.\./f\.js: there is no such module; e\.js imports it"),
        ("g.js", r"g\.js: there is no such module$"),
    ):
        with pytest.raises(ValueError, match=message):
            es_modules.collect(name, root=root)


def test_comments_are_left_out_and_licences_and_strings_stay(folder):
    text = (
        "/* @license theirs */\n/*! kept */\n/** What it is.\n * @param {number} a\n */\n// a line\n"
        'const url = "https://example.org"; // after code\n  /** one line */\n'
        'const /** @type {string} */ b = "/*";\nexport const c = "*/";\n'
    )
    [module] = es_modules.collect("main.js", root=folder(main=text))
    assert module.text == (
        "/* @license theirs */\n/*! kept */\n"
        'const url = "https://example.org"; // after code\n'
        'const /** @type {string} */ b = "/*";\nexport const c = "*/";\n'
    )


def test_vendored_modules_stay_as_they_are():
    [module] = es_modules.collect("vendor/lit-html.js")
    assert module.text == (es_modules.STATIC / "vendor" / "lit-html.js").read_text()
    assert "@license" in module.text


def test_styles_for_what_no_module_names_are_left_out(folder):
    root = folder(main='export const view = `<i class="one two"></i><nn-pad></nn-pad>`;\n')
    css = "/* a */ *{margin:0}\n.one,.three{a:b}\n.three .one{c:d}\nnn-pad i{e:f}nn-other{g:h}\n"
    (root / "page.css").write_text(f"{css}@media (max-width:720px){{\n  .two i{{j:k}}\n  .three{{l:m}}\n}}\n")
    found = es_modules.styles(
        "page.css", "none.css", used_by=es_modules.collect("main.js", root=root), root=root
    )
    assert "".join(found.split()) == "*{margin:0}.one{a:b}nn-padi{e:f}@media(max-width:720px){.twoi{j:k}}"
    assert es_modules.styles("page.css", root=root) == (root / "page.css").read_text().removeprefix(
        "/* a */ "
    )


def test_the_one_module_of_a_notebook_holds_all():
    text = es_modules.esm("screens/draw.js", "hosts/notebook.js")
    held = json.loads(re.match(r"const modules = (.*);\n", text)[1])
    assert held == [list(module) for module in es_modules.collect("screens/draw.js", "hosts/notebook.js")]
    assert {"screens/draw.js", "hosts/notebook.js", "vendor/lit-html.js"} <= {name for name, _ in held}
