"""Exports that are broken, absurd or hostile: sentences, bounded memory, never a traceback."""

import gzip
import hmac
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client import export, order, scan
from tests.client import logs
from tests.client.logs import Log, codes, named


def write(tmp_path, data: bytes):
    path = tmp_path / "export.jsonl"
    path.write_bytes(data)
    return path


def wide(count: int) -> list[bytes]:
    return [logs.line(one) for one in Log(count).rows]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"not json\n",
        b"[]\n",
        b"{}\n",
        b'{"format":"gatehouse-audit-export/2"}\n',
        b"\xff\xfe\n",
        b"[" * 200_000 + b"\n",
        b'{"size":' + b"9" * 10_000 + b"}\n",
        b'{"format":"gatehouse-audit-export/1","format":"gatehouse-audit-export/1"}\n',
        Log(5).header()[:-40],
        Log(5).header(size=-1),
        Log(5).header(size=1.5),
        Log(5).header(size=2**60),
        Log(5).header(older="x"),
        Log(5).header(older=[7]),
        Log(5).header(older=[""] * 10_001),
        Log(5).header(checkpoint=None),
        Log(5).header(checkpoint="no note"),
        b"x" * (export.MAX_HEADER + 10),
        gzip.compress(b""),
        b"\x1f\x8bno gzip at all",
    ],
    ids=range(22),
)
def test_a_header_that_is_none_is_one_finding(tmp_path, data):
    report = logs.check(write(tmp_path, data))
    assert codes(report) == {"header"}
    assert len(report.findings) == 1
    assert report.findings[0].sentence.endswith(".")
    assert len(report.findings[0].sentence) < 300


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"no entry",
        b"{}",
        b"[1]",
        b"\xff" * 50,
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"7" * 20_000,
        b"x" * (export.MAX_LINE + 1),
        wide(8)[7][:-20],
        wide(8)[7].replace(b'"index":7', b'"index":-7', 1).strip(),
        wide(8)[7].replace(b'"index":7', b'"index":7.0', 1).strip(),
        wide(8)[7].replace(b'"index":7', b'"index":NaN', 1).strip(),
        wide(8)[7].replace(b'"leaf":{', b'"leaf":{"price":1.5,', 1).strip(),
        wide(8)[7].replace(b'"leaf":{', b'"leaf":{"at":"",', 1).strip(),
        wide(8)[7].replace(b'"salt":"', b'"salt":"00', 1).strip(),
        wide(8)[7].replace(b'"personal":{', b'"extra":1,"personal":{', 1).strip(),
    ],
    ids=range(17),
)
@pytest.mark.parametrize("index", [0, 7, 19])
def test_a_line_that_is_no_entry_names_its_place(tmp_path, bad, index):
    log = Log(20)
    lines = [logs.line(one) for one in log.rows]
    lines[index] = bad + b"\n"
    report = logs.check(write(tmp_path, log.header() + b"".join(lines)))
    assert codes(report) == {"no_entry"}
    assert named(report, "no_entry") == [(index, index)]
    assert len(report.findings[0].sentence) < 300


@pytest.mark.parametrize("leaf", [b"{", b'{"index":7,"a":{x', b'{"index":7,}{}', b"{}{}", b"}"])
def test_a_leaf_that_is_no_object_is_refused_though_its_hash_fits(tmp_path, leaf):
    log = Log(20)
    lines = [logs.line(one) for one in log.rows]
    digest = logs.tree.leaf_hash(leaf).hex().encode()
    lines[7] = b'{"hash":"%s","index":7,"leaf":%s,"personal":null,"salt":null}\n' % (digest, leaf)
    report = logs.check(write(tmp_path, log.header() + b"".join(lines)))
    assert named(report, "no_entry") == [(7, 7)]


def test_a_line_that_two_readers_would_read_differently_is_refused(tmp_path):
    """The right entry where the verifier looks, another where a JSON reader looks."""
    log = Log(20)
    lines = [logs.line(one) for one in log.rows]
    other = json.dumps(logs.leaf_of(6, outcome="refused")).encode()
    lines[6] = lines[6].replace(b',"personal":', b',"leaf":' + other + b',"personal":', 1)
    report = logs.check(write(tmp_path, log.header() + b"".join(lines)))
    assert named(report, "no_entry") == [(6, 6)]


def test_a_personal_part_that_is_more_than_one_object_is_refused(tmp_path):
    """Even when whoever sealed the entry committed to these very bytes."""
    log = Log(20)
    lines = [logs.line(one) for one in log.rows]
    personal, salt = b'{"user_id":7},"more":{"user_id":8}', logs.salt_of(6)
    opening = hmac.digest(salt, personal, "sha256").hex()
    leaf = logs.leaf_of(6, commitment=opening)
    line = logs.line(log.rows[6] | {"leaf": leaf, "hash": logs.sealed(leaf)})
    lines[6] = line[: line.index(b',"personal":') + 12] + personal + line[-76:]
    lines[6] = lines[6].replace(line[-76:], b',"salt":"%s"}\n' % salt.hex().encode())
    report = logs.check(write(tmp_path, log.header() + b"".join(lines)))
    assert named(report, "no_entry") == [(6, 6)]


FUZZED = Log(12)
FUZZED.older = [FUZZED.checkpoint(5)]
FUZZED_DATA = FUZZED.data()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(FUZZED_DATA) - 1), change=st.integers(1, 255))
def test_no_byte_of_an_export_can_be_changed(tmp_path, at, change):
    data = bytearray(FUZZED_DATA)
    data[at] ^= change
    report = logs.check(write(tmp_path, bytes(data)))
    # The digits of a salt may be written large: the same bytes.
    assert not report.ok or bytes(data).lower() == FUZZED_DATA.lower()
    assert all(item.sentence.endswith((".", ":")) for item in report.findings)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(FUZZED_DATA) - 1), length=st.integers(1, 400))
def test_no_part_of_an_export_can_be_taken_out(tmp_path, cut, length):
    data = FUZZED_DATA[:cut] + FUZZED_DATA[cut + length :]
    report = logs.check(write(tmp_path, data))
    assert not report.ok or data == FUZZED_DATA[:-1]


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_a_file_that_breaks_off_is_told(tmp_path, keep, pack):
    data = pack(Log(300).data())
    report = logs.check(write(tmp_path, data[: int(len(data) * keep)]))
    assert not report.ok
    assert {"cut_off", "unreadable", "header", "no_entry"} & codes(report)


def test_a_gzipped_export_is_right(tmp_path):
    assert logs.check(write(tmp_path, gzip.compress(Log(300).data()))).ok


def test_a_damaged_gzip_is_told(tmp_path):
    data = bytearray(gzip.compress(Log(300).data()))
    data[len(data) // 2] ^= 255
    report = logs.check(write(tmp_path, bytes(data)))
    assert not report.ok


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_a_line_without_end_is_not_read_into_memory(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(scan, "BLOCK", 64 * 1024)
    endless = b"x" * (4 * export.MAX_LINE)
    report = logs.check(write(tmp_path, pack(Log(20).data() + endless)))
    assert codes(report) == {"unreadable"}
    assert "It was read up to entry" in report.findings[0].sentence


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_parts_and_processes_change_nothing(tmp_path, monkeypatch, pack, processes):
    monkeypatch.setattr(scan, "BLOCK", 5000)  # some five entries
    log = Log(500)
    log.older = [log.checkpoint(size) for size in range(0, 500, 7)]
    path = write(tmp_path, pack(log.data()))
    assert logs.check(path, processes=processes).ok
    log.rows[123]["leaf"]["tier"] = "raw"
    log.rows[321]["salt"] = logs.salt_of(0).hex()
    del log.rows[400:403]
    report = logs.check(write(tmp_path, pack(log.data())), processes=processes)
    assert named(report, "altered") == [(123, 123)]
    assert named(report, "personal") == [(321, 321)]
    assert named(report, "missing") == [(400, 402)]


def test_absurd_numbers_are_ranges_and_not_lists(tmp_path):
    log = Log(20)
    absurd = logs.Checkpoint(logs.ORIGIN, 2**52, logs.tree.EMPTY_ROOT)
    log.note = absurd.signed(logs.key(), logs.ORIGIN)
    assert named(log.check(tmp_path), "cut_off") == [(20, 2**52 - 1)]
    log = Log(20)
    log.rows[7]["index"] = 2**52
    log.rows[7]["leaf"]["index"] = 2**52
    report = log.check(tmp_path)
    assert (2**52, 2**52) in named(report, "surplus")
    assert named(report, "missing") == [(7, 7)]


def test_very_many_faults_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "MAX_FAULTS", 10)
    monkeypatch.setattr("client.tally.MAX_FAULTS", 10)
    log = Log(100)
    for one in log.rows[::2]:
        one["leaf"]["tier"] = "raw"
    report = log.check(tmp_path)
    assert (len(report.findings), report.unnamed) == (10, 40)
    assert not report.ok


def test_a_shuffled_log_is_called_out_of_order(tmp_path, monkeypatch):
    monkeypatch.setattr(order, "MAX_RUNS", 20)
    log = Log(200)
    random.Random(1).shuffle(log.rows)
    report = log.check(tmp_path)
    assert codes(report) == {"scattered"}


@pytest.mark.parametrize(
    ("runs", "wanted"),
    [
        ([(0, 10)], []),
        ([], [("missing", 0, 9)]),
        ([(0, 4), (5, 10)], [("missing", 4, 4)]),
        ([(0, 4), (3, 10)], [("repeated", 3, 3)]),
        ([(0, 12)], [("surplus", 10, 11)]),
        ([(0, 8)], [("cut_off", 8, 9)]),
        ([(2, 10), (0, 2)], [("misplaced", 0, 1)]),
        ([(0, 3), (8, 9), (4, 8), (3, 4), (9, 10)], [("misplaced", 8, 8), ("misplaced", 3, 3)]),
        ([(0, 2), (5, 9), (2, 5), (9, 10)], [("misplaced", 2, 4)]),
    ],
)
def test_the_order_of_runs(runs, wanted):
    assert [(one.code, one.first, one.last) for one in order.faults(runs, 10)] == wanted
