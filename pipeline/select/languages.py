"""The language of a file: by name, extension, first line, and text where those are ambiguous."""

import re

from pipeline.select.language_table import EXTENSIONS, FILENAMES, INTERPRETERS

UNKNOWN = ""
_SHEBANG = re.compile(r"#!\s*(\S+)(?:[ \t]+([^\r\n]*))?")
_VERSION = re.compile(r"[\d.]+$")
_PEEK = 4_096  # characters

# Extensions that several languages share: the first pattern that is found names the language,
# otherwise the table does.
_AMBIGUOUS = {
    "h": (
        ("Objective-C", re.compile(r"^\s*(@(interface|protocol|class|end)\b|#import\s)", re.M)),
        (
            "C++",
            re.compile(
                r"^\s*(template\s*<|namespace\b|using\s+namespace\b|class\s+\w+[^;]*\{|public:"
                r"|private:|protected:)|\bstd::|#include\s+<(string|vector|map|memory|cstd\w+)>",
                re.M,
            ),
        ),
    ),
    "m": (
        (
            "Objective-C",
            re.compile(r"^\s*(@(interface|implementation|end|import)\b|#import\s)", re.M),
        ),
        ("MATLAB", re.compile(r"^\s*(function\b.*=|function\s+\w+\s*\(|%|end\s*$)", re.M)),
    ),
    "pl": (
        (
            "Perl",
            re.compile(r"^#!.*perl|^\s*(use\s+(strict|warnings|v?5)|my\s+[$@%]|sub\s+\w)", re.M),
        ),
        ("Prolog", re.compile(r"^[a-z]\w*\(.*\)\s*:-|^:-\s", re.M)),
    ),
    "ts": (("XML", re.compile(r"^\ufeff?\s*<(\?xml|!DOCTYPE TS|TS)\b")),),
    "inc": (
        ("PHP", re.compile(r"^\s*<\?php\b", re.M)),
        ("C++", re.compile(r"^\s*#\s*(include|define)|std::", re.M)),
    ),
    "v": (("Coq", re.compile(r"^\s*(Theorem|Lemma|Require|Proof)\b", re.M)),),
    "fs": (("GLSL", re.compile(r"^\s*(#version|precision|uniform|varying)\b", re.M)),),
    "cls": (
        ("Visual Basic 6.0", re.compile(r"^VERSION 1\.0 CLASS", re.M)),
        ("TeX", re.compile(r"^\s*(\\(NeedsTeXFormat|ProvidesClass)|%)", re.M)),
    ),
    "r": (("Rebol", re.compile(r"^\s*REBOL\s*\[", re.M | re.I)),),
    "d": (("Makefile", re.compile(r"^[\w./$()-]+\s*:(\s|\\?$)(?!.*[;{])", re.M)),),
    "t": (("Perl", re.compile(r"^#!.*perl|^\s*use\s+(strict|warnings|Test::)", re.M)),),
    "f": (("Forth", re.compile(r"^:\s+\S+\s", re.M)),),
    "md": (("GCC Machine Description", re.compile(r"^\((define_insn|define_expand)\b", re.M)),),
}
# What a file says to editors: Emacs in its first lines, Vim in the first or last ones.
_EMACS = re.compile(r"-\*-(?:.{0,200}?\bmode:\s*([\w+#-]{1,40})|\s*([\w+#-]{1,40})\s*-\*-)", re.I)
_VIM = re.compile(r"\b(?:vim?|ex):.{0,200}?\b(?:ft|filetype|syntax)=([\w+#-]{1,40})")
_EDITORS = {
    "sh": "Shell",
    "cpp": "C++",
    "objc": "Objective-C",
    "make": "Makefile",
    "js": "JavaScript",
}
# Texts that say what they are without a name.
_OPENINGS = (
    ("PHP", re.compile(r"\ufeff?\s*<\?php\b")),
    ("HTML", re.compile(r"\ufeff?\s*(<!--.*?-->\s*)?<(!DOCTYPE\s+html|html)\b", re.I | re.S)),
    ("SVG", re.compile(r"\ufeff?\s*(<\?xml[^>]{0,200}\?>\s*)?<svg\b")),
    ("XML", re.compile(r"\ufeff?\s*<\?xml\b")),
    ("Diff", re.compile(r"(diff --git a/|--- \S.*\n\+\+\+ \S)")),
)
_NAMES = {
    name.casefold().replace("-", " "): name
    for name in (*EXTENSIONS.values(), *FILENAMES.values(), *INTERPRETERS.values())
}


def extension(path: str) -> str:
    """The extension in lower case without its dot, "" when there is none (`.profile` has none)."""
    name = path.rsplit("/", 1)[-1]
    stem, dot, ext = name.rpartition(".")
    return ext.lower() if dot and stem else ""


def language(path: str, text: str = "") -> str:
    """Linguist's name of the language, "" when unknown. Only the text's beginning is looked at.

    By name, then extension (by the text where several languages share it), then the first line,
    what the file tells editors, and how the text opens.
    """
    name = path.rsplit("/", 1)[-1]
    if name in FILENAMES:
        return FILENAMES[name]
    ext = extension(path)
    for choice, mark in _AMBIGUOUS.get(ext, ()):
        if mark.search(text[:_PEEK]):
            return choice
    if ext in EXTENSIONS:
        return EXTENSIONS[ext]
    if name.split(".", 1)[0] in ("Dockerfile", "Makefile", "Jenkinsfile"):  # Dockerfile.dev
        return FILENAMES[name.split(".", 1)[0]]
    found = _by_shebang(text) or _by_bare_name(name)
    return found or (UNKNOWN if ext else _by_modeline(text) or _by_opening(text))


def by_name(name: str) -> str:
    """Linguist's spelling of a language's name in any case, `-` for blanks; "" when unknown."""
    return _NAMES.get(name.casefold().replace("-", " "), UNKNOWN)


def slug(name: str) -> str:
    """The name of a folder for a language: `c++`, `c-sharp`, `jupyter-notebook`, `unknown`.

    The same as in The Stack, so that `data_dir="data/c++"` finds it.
    """
    plain = name.lower().replace("#", "-sharp").replace("'", "")
    return re.sub(r"[^a-z0-9+.]+", "-", plain).strip("-.") or "unknown"


def _by_shebang(text: str) -> str:
    found = _SHEBANG.match(text[:300].removeprefix("\ufeff"))
    if not found:
        return UNKNOWN
    command = found[1].rsplit("/", 1)[-1]
    if command == "env":
        words = [word for word in (found[2] or "").split() if word[0] != "-" and "=" not in word]
        command = words[0].rsplit("/", 1)[-1] if words else ""
    return INTERPRETERS.get(command) or INTERPRETERS.get(_VERSION.sub("", command), UNKNOWN)


def _by_modeline(text: str) -> str:
    head = "\n".join(text[:_PEEK].splitlines()[:5])
    found = _EMACS.search(head) or _VIM.search(head) or _VIM.search(text[-400:])
    if not found:
        return UNKNOWN
    name = next(part for part in found.groups() if part)
    return _EDITORS.get(name.casefold()) or by_name(name)


def _by_opening(text: str) -> str:
    return next((name for name, mark in _OPENINGS if mark.match(text[:_PEEK])), UNKNOWN)


def _by_bare_name(name: str) -> str:
    """`LICENSE-MIT`, `README.first`: text by custom."""
    first = re.split(r"[-._]", name, maxsplit=1)[0]
    return FILENAMES.get(first, UNKNOWN) if first.isupper() else UNKNOWN
