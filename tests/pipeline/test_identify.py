"""Stage identify, and what can be told of a content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.select import generated, languages, measures
from pipeline.select.licence_texts import recognise
from pipeline.select.licences import of_header, of_licence_file, of_package
from tests.pipeline.shelves import MIT, brief, build, install, rows, total

BSD = """Copyright (c) 2001, Some Person. All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted
provided that the following conditions are met:

  * Redistributions of source code must retain the above copyright notice, this list of conditions
    and the following disclaimer.
  * Redistributions in binary form must reproduce the above copyright notice, this list of
    conditions and the following disclaimer in the documentation and/or other materials provided
    with the distribution.
  * Neither the name of Some Person nor the names of any contributors may be used to endorse or
    promote products derived from this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL SOME PERSON BE LIABLE FOR ANY
DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT
LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN
IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""
MIT_0 = MIT.replace(MIT[MIT.index(", subject to") : MIT.index("THE SOFTWARE IS")], ".\n\n")


def test_no_place_is_lost_and_each_is_told_of(tmp_path):
    for name in ("one", "two", "three"):
        home = f"https://github.com/{name}/x"
        install(tmp_path, name, {f"{name}.py": "same = 1\n", f"{name}_own.py": name}, home=home)
    done = build(brief([tmp_path]), tmp_path / "out", upto="identify")
    facts = rows(tmp_path / "out", done["identify"], "facts.arrow")
    places = rows(tmp_path / "out", done["identify"], "occurrences.arrow")
    assert len(facts) == len({row["hexsha"] for row in facts}) == 4
    assert len(places) == total(done["identify"], "rows_out") == 6
    assert total(done["collect"], "rows_out") == total(done["identify"], "rows_in")
    assert {place["lang"] for place in places} == {"Python"}


def test_another_version_of_one_source_leaves_the_pieces_of_all_others(tmp_path):
    options = {"collect_bytes": 1_000}
    for name in ("one", "two", "three"):
        text = {f"{name}/{n}.py": f"{name} = {n}\n" * 20 for n in range(9)}
        install(tmp_path / name, name, text)
    old = [tmp_path / name for name in ("one", "two", "three")]
    before = build(brief(old, options=options), tmp_path / "out", upto="identify")["identify"]
    changed = {f"two/{n}.py": f"two = {n}\n" * 20 for n in range(9)} | {"two/new.py": "n = 1\n"}
    install(tmp_path / "newer", "two", changed, version="2.0")
    new = [tmp_path / name for name in ("one", "newer", "three")]
    after = build(brief(new, options=options), tmp_path / "out", upto="identify")["identify"]
    of_two = {one.ref for one in after if one.label.startswith("two")}
    assert {one.ref for one in after} - {one.ref for one in before} == of_two
    assert 0 < len(of_two) < len(after)


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("a/b.py", "", "Python"),
        ("a/b.pyi", "", "Python"),
        ("a/B.PY", "", "Python"),
        ("Makefile", "", "Makefile"),
        ("sub/Dockerfile.dev", "", "Dockerfile"),
        ("x.h", "int f(void);", "C"),
        ("x.h", "namespace a {\nclass B {};\n}", "C++"),
        ("x.h", "#import <Foundation/Foundation.h>\n@interface A", "Objective-C"),
        ("x.m", "function y = f(x)\n", "MATLAB"),
        ("x.ts", '<?xml version="1.0"?><TS>', "XML"),
        ("x.ts", "let a: number = 1", "TypeScript"),
        ("tool", "#!/usr/bin/env -S python3.11 -u\n", "Python"),
        ("tool", "#!/bin/bash\necho", "Shell"),
        ("tool", "#! /usr/bin/env\n", ""),
        ("tool", "nothing said", ""),
        (".profile", "", "Shell"),
        ("LICENSE-MIT", "", "Text"),
        ("データ.rs", "", "Rust"),
        ("x.unheard", "", ""),
    ],
)
def test_languages(path, text, name):
    assert languages.language(path, text) == name


def test_folders_of_languages_are_those_of_the_stack():
    assert [
        languages.slug(name) for name in ("C++", "C#", "Jupyter Notebook", "Cap'n Proto", "")
    ] == [
        "c++",
        "c-sharp",
        "jupyter-notebook",
        "capn-proto",
        "unknown",
    ]
    slugs = [languages.slug(name) for name in languages.EXTENSIONS.values()]
    assert len(set(slugs)) == len(set(languages.EXTENSIONS.values())) > 100


@given(st.text(max_size=200))
def test_measures_are_what_they_say(text):
    found = measures.measure(text)
    lines = text.splitlines()
    if text:
        assert found.max_line_length == max(map(len, lines))
        assert found.avg_line_length == pytest.approx(sum(map(len, lines)) / len(lines))
        assert found.alphanum_fraction == pytest.approx(sum(map(str.isalnum, text)) / len(text))
    else:
        assert found == (0.0, 0, 0.0)


@pytest.mark.parametrize(
    ("path", "text", "mean", "expected"),
    [
        ("a.py", "x = 1", 5, False),
        ("a.py", "# Code generated by tool. DO NOT EDIT.\n", 20, True),
        ("a.py", "# This file was automatically generated\n", 20, True),
        ("a.py", "ids are generated by the server\n", 20, False),
        ("a_pb2.py", "", 5, True),
        ("a.min.js", "", 5, True),
        ("a.js", "x" * 1_000, 1_000, True),
        ("a.py", "x" * 1_000, 1_000, False),
    ],
)
def test_generated_files_are_marked(path, text, mean, expected):
    assert generated.is_generated(path, text, mean) is expected


def test_vendored_files_are_marked():
    assert generated.is_vendored("pip/_vendor/rich/x.py")
    assert generated.is_vendored("a/static/jquery-3.1.min.js")
    assert not generated.is_vendored("vendoring/x.py")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MIT, ("MIT",)),
        (MIT.replace("Somebody", "Ærø & Søn ApS").replace("MIT License", ""), ("MIT",)),
        (MIT.upper(), ("MIT",)),
        (MIT_0, ("MIT-0",)),
        (BSD, ("BSD-3-Clause",)),
        (BSD.replace(BSD[BSD.index("  * Neither") : BSD.index("THIS")], "\n"), ("BSD-2-Clause",)),
        (f"Parts are under this:\n\n{MIT}\n\nand others under\n\n{BSD}", ("BSD-3-Clause", "MIT")),
        (MIT.replace("substantial portions", "significant parts"), ("MIT",)),
        (f"{MIT}\nThe Software shall be used for Good, not Evil.\n", ("JSON", "MIT")),
        (f'"Commons Clause" License Condition\n\n{MIT}', ("LicenseRef-Commons-Clause", "MIT")),
        ("All rights reserved. " * 40, ()),
        ("MIT", ()),
        ("", ()),
    ],
)
def test_licence_texts(text, expected):
    assert recognise(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# SPDX-License-Identifier: MIT\n", ("MIT",)),
        ("/* SPDX-License-Identifier: GPL-2.0 OR MIT */\n", ("GPL-2.0-only OR MIT",)),
        ("// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n",) * 1
        + (("Apache-2.0 WITH LLVM-exception",),),
        ("# SPDX-License-Identifier: Weird-1.0\n", ("LicenseRef-Weird-1.0",)),
        ("# SPDX-License-Identifier: LicenseRef-Ours\n", ("LicenseRef-Ours",)),
        ('write("SPDX-License-Identifier: {}")\n', ()),
        ("x = 1\n" * 60 + "# SPDX-License-Identifier: GPL-2.0\n", ()),
        (
            "# This program is free software: you can redistribute it and/or modify\n"
            "# it under the terms of the GNU General Public License as published by\n"
            "# the Free Software Foundation, either version 3 of the License, or\n"
            "# (at your option) any later version.\n",
            ("GPL-3.0-or-later",),
        ),
        (
            " * This library is free software; you can redistribute it and/or\n"
            " * modify it under the terms of the GNU Lesser General Public\n"
            " * License as published by the Free Software Foundation; either\n"
            " * version 2.1 of the License, or (at your option) any later version.\n",
            ("LGPL-2.1-or-later",),
        ),
        (
            "// under the terms of the GNU Affero General Public License, version 3\n",
            ("AGPL-3.0-only",),
        ),
        (
            "# This Source Code Form is subject to the terms of the Mozilla Public\n"
            "# License, v. 2.0. If a copy of the MPL was not distributed with this\n",
            ("MPL-2.0",),
        ),
        ("# released under the terms of the GNU GPL\n", ("GPL-1.0-or-later",)),
        ("# GNU tar and the GNU General Public License are well known\n", ()),
        ("x = 1\n", ()),
    ],
)
def test_headers(text, expected):
    assert of_header(text).licences == expected


def package(expression="", licence="", classifiers=(), licence_files=()):
    return of_package(
        expression=expression,
        licence=licence,
        classifiers=[f"License :: OSI Approved :: {name}" for name in classifiers],
        licence_files=licence_files,
    ).licences


def test_a_choice_of_licences_is_not_spoiled_by_their_texts():
    files = [("LICENSE.MIT", MIT), ("LICENSE.BSD", BSD)]
    assert package("MIT OR BSD-3-Clause", licence_files=files) == ("MIT OR BSD-3-Clause",)
    assert package("MIT OR Zlib", licence_files=files) == ("BSD-3-Clause", "MIT OR Zlib")
    gpl = ["GNU General Public License v2 or later (GPLv2+)", "MIT License"]
    assert package("GPL-2.0-only OR MIT", classifiers=gpl) == ("GPL-2.0-only OR MIT",)


def test_what_fields_and_classifiers_say_must_all_be_met():
    assert package(classifiers=["MIT License", "Apache Software License"]) == ("Apache-2.0", "MIT")
    assert package("MIT", classifiers=["GNU General Public License (GPL)"]) == (
        "GPL-1.0-or-later",
        "MIT",
    )


@pytest.mark.parametrize(
    "licence", ["BSD", "UNKNOWN", "Dual License", "see LICENSE", "(((", "X" * 999]
)
def test_vague_words_are_no_licence(licence):
    assert package(licence=licence) == ()


def test_vague_words_about_copyleft_are_not_silence():
    assert package(licence="GPL or something", classifiers=["MIT License"]) == (
        "LicenseRef-Copyleft",
        "MIT",
    )


def test_a_whole_text_in_the_field_is_read():
    assert package(licence=MIT) == ("MIT",)


def test_a_licence_that_is_only_named_beside_a_text_counts():
    told = f"{MIT}\n\nlibfoo is distributed under the terms of the GNU GPL, version 2.\n"
    assert of_licence_file("LICENSE", told).licences == ("GPL-2.0-only", "MIT")


def test_what_the_licence_of_python_tells_of_former_days_is_no_licence():
    told = f"{MIT}\nmaterial that was previously distributed under the GNU General Public License"
    assert of_licence_file("LICENSE", told).licences == ("MIT",)


def test_evidence_says_where_it_was_found():
    found = of_licence_file("x/COPYING", "nothing known " * 30)
    assert found.licences == ()
    assert [tuple(one) for one in found.evidence] == [("licence-file", "x/COPYING", "")]
