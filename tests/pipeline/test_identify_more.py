"""What is told of contents beyond their names: languages, licences of packages, malware."""

import pytest

from pipeline.select import languages, malware, packages
from pipeline.select.licences import NOTHING, Evidence, Found, of_header, of_host
from tests.pipeline.shelves import brief, build, dropped, install, rows

RULE = 'rule Dropper { strings: $a = "evil_payload_marker" condition: $a }'


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("x.m", "#import <Foundation.h>\n@implementation A\n@end\n", "Objective-C"),
        ("x.m", "function y = f(x)\n  y = x;\nend\n", "MATLAB"),
        ("x.pl", "#!/usr/bin/perl\nuse strict;\n", "Perl"),
        ("x.pl", "parent(X, Y) :- father(X, Y).\n", "Prolog"),
        ("x.inc", "<?php\n", "PHP"),
        ("x.ts", '<?xml version="1.0"?>\n<TS>\n', "XML"),
        ("x.ts", "const a: number = 1\n", "TypeScript"),
        ("x.d", "import std.stdio;\n", "D"),
        ("x.d", "build/a.o: a.c \\\n a.h\n", "Makefile"),
        ("x.cls", "\\NeedsTeXFormat{LaTeX2e}\n", "TeX"),
        ("tool", "#!/usr/bin/env -S python3 -u\n", "Python"),
        ("tool", "# -*- mode: ruby -*-\n", "Ruby"),
        ("tool", "# vim: set ft=sh :\necho\n", "Shell"),
        ("page", "<!DOCTYPE html>\n<html>\n", "HTML"),
        ("data", '<?xml version="1.0"?>\n<a/>\n', "XML"),
        ("notes", "nothing of the kind\n", ""),
        ("x.unknownext", "<?php\n", ""),
    ],
)
def test_a_text_decides_where_a_name_does_not(path, text, name):
    assert languages.language(path, text) == name


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("package.json", '{"license": "MIT"}', ["MIT"]),
        ("package.json", '{"license": {"type": "ISC"}}', ["ISC"]),
        (
            "package.json",
            '{"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}',
            ["MIT OR GPL-2.0-only"],
        ),
        ("a/package.json", '{"license": "SEE LICENSE IN x"}', [""]),
        ("package.json", '{"license": ["MIT"]}', []),
        ("package.json", "[" * 5_000, []),
        ("Cargo.toml", '[package]\nlicense = "MIT OR Apache-2.0"\n', ["MIT OR Apache-2.0"]),
        ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"\n', ["MIT OR Apache-2.0"]),
        ("Cargo.toml", "[package\n", []),
        ("pyproject.toml", '[project]\nlicense = "BSD-3-Clause"\n', ["BSD-3-Clause"]),
        ("pyproject.toml", '[project]\nlicense = {text = "MIT License"}\n', ["MIT"]),
        ("pyproject.toml", '[tool.poetry]\nlicense = "GPL-3.0-or-later"\n', ["GPL-3.0-or-later"]),
        (
            "pyproject.toml",
            '[project]\nclassifiers = ["License :: OSI Approved :: MIT License", "Topic :: X"]\n',
            ["MIT"],
        ),
        ("setup.cfg", "[metadata]\nlicense = MIT\n", ["MIT"]),
        ("setup.cfg", "[metadata]\nlicense = %(oops)s\n", [""]),
        ("x.gemspec", "s.license = 'MIT'\n", ["MIT"]),
        ("x.gemspec", "s.licenses = ['MIT', \"Ruby\"]\n", ["MIT AND Ruby"]),
        ("x.gemspec", "s.licenses = %w[MIT ISC]\n", ["MIT AND ISC"]),
        ("composer.json", '{"license": ["MIT", "GPL-2.0-only"]}', ["MIT OR GPL-2.0-only"]),
        (
            "pom.xml",
            "<project><licenses><license><name>Apache License, Version 2.0</name></license>"
            "</licenses><dependency><licenses><license><name>GPL</name></license></licenses>"
            "</dependency></project>",
            ["Apache-2.0"],
        ),
        ("pom.xml", '<!DOCTYPE a [<!ENTITY x "y">]><project>&x;</project>', []),
        (
            "pom.xml",
            '<!DOCTYPE a [<!ENTITY x "MIT">]><project><licenses><license><name>&x;</name></license>'
            "</licenses></project>",
            [],
        ),
        ("pom.xml", "<project><licenses>", []),
    ],
)
def test_descriptions_of_packages_tell_their_licence(path, text, found):
    assert [one.found for one in packages.evidence(path, text)] == found


def test_evidence_of_a_package_names_file_and_field():
    (one,) = packages.evidence("a/package.json", '{"license": "MIT"}')
    assert one == Evidence("metadata", "a/package.json: license", "MIT")
    assert not packages.evidence("pom.xml", "<a>" * 100_000)
    assert not packages.is_package_file("a/README.md")


@pytest.mark.parametrize(
    ("label", "own", "expected"),
    [
        ("MIT", NOTHING, ("MIT",)),
        ("NOASSERTION", NOTHING, ()),
        ("other", NOTHING, ()),
        (
            "MIT",
            Found(("GPL-3.0-only",), (Evidence("licence-file", "COPYING", "GPL-3.0-only"),)),
            ("GPL-3.0-only", "MIT"),
        ),
        ("MIT", Found((), (Evidence("licence-file", "LICENSE", ""),)), ()),
    ],
)
def test_a_label_of_a_host_only_fills_silence(label, own, expected):
    assert of_host(own, label).licences == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('// Licensed under the Apache License, Version 2.0 (the\n// "License");', "Apache-2.0"),
        ("/* Eclipse Public License v1.0 */", "EPL-1.0"),
        ("/* the Eclipse Public License, version 2.0 */", "EPL-2.0"),
        ("# Server Side Public License", "SSPL-1.0"),
        ("# Business Source License 1.1", "BUSL-1.1"),
        ("# https://creativecommons.org/licenses/by-nc/4.0/", "LicenseRef-CC-BY-NC"),
        ("# Creative Commons Attribution-ShareAlike", "LicenseRef-CC-BY-SA"),
        ("# PROPRIETARY AND CONFIDENTIAL", "LicenseRef-Proprietary"),
        ("# Commons Clause applies", "LicenseRef-Commons-Clause"),
    ],
)
def test_heads_name_other_licences(text, expected):
    assert of_header(text + "\nx = 1\n").licences == (expected,)


def test_malware_is_left_out_by_the_rules_of_the_operator(tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "own.yar").write_text(RULE)
    site = tmp_path / "site"
    install(site, "two", {"good.py": "x = 1\n", "bad.py": "x = 'evil_payload_marker'\n"})
    asked = brief([site], options={"malware_rules": str(rules)})
    done = build(asked, tmp_path / "out", upto="select")
    facts = rows(tmp_path / "out", done["identify"], "facts.arrow")
    assert sorted(row["malware"] for row in facts) == [[], ["own.yar:Dropper"]]
    assert dropped(done["select"]) == {"malware": 1}
    none = build(brief([site]), tmp_path / "none", upto="select")
    assert dropped(none["select"]) == {}
    before = {one.ref for one in done["identify"]}
    (rules / "own.yar").write_text(RULE.replace("evil_", "other_"))
    again = build(asked, tmp_path / "out", upto="select")
    assert not before & {one.ref for one in again["identify"]}
    assert dropped(again["select"]) == {}


def test_rules_that_cannot_be_used_are_told_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="holds no malware rules"):
        malware.digest(tmp_path)
    (tmp_path / "bad.yar").write_text("rule Broken { condition: $a }")
    with pytest.raises(ValueError, match=r"The malware rules in bad\.yar cannot be used: .*\$a"):
        malware.Rules(tmp_path)
    (tmp_path / "bad.yar").write_text('include "/etc/passwd"\n' + RULE)
    with pytest.raises(ValueError, match=r"bad\.yar cannot be used"):
        malware.Rules(tmp_path)
