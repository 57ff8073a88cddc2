"""Workers that share no disk: each has a folder of its own, the store holds what they pass on."""

from pipeline.publish.sharing import SharedWork
from pipeline.publish.storage import FileStore
from pipeline.release import local
from pipeline.release.doing import do, read_report
from pipeline.release.stages import STAGES
from pipeline.release.work import Context, Done, Files
from tests.pipeline.test_local import SECRET, brief, shelf

__all__ = ["shelf"]


def by_turns(asked, hosts):
    """Every stage is planned by one host, its shards are done by the others in turn."""
    done: dict = {}
    for number, stage in enumerate(STAGES):
        planner = hosts[number % len(hosts)]
        works = stage.plan(Context(asked, planner, done))
        done[stage.name] = [
            Done(work.number, work.label, work.name(stage.version), work.params, report)
            for turn, work in enumerate(works)
            for report in [do(stage, work, hosts[(number + turn) % len(hosts)], SECRET)]
        ]
    return done


def test_hosts_without_a_common_disk_make_the_same_version(shelf, tmp_path):
    shared = SharedWork(FileStore(tmp_path / "store"))
    hosts = [Files(tmp_path / f"host{n}", shared) for n in range(3)]
    done = by_turns(brief(shelf), hosts)
    alone = local.run_all(brief(shelf), tmp_path / "alone", SECRET)
    assert done["card"][0].ref == alone["card"]
    manifest = hosts[0].path(alone["card"], "manifest.json").read_bytes()
    assert manifest == Files(tmp_path / "alone").path(alone["card"], "manifest.json").read_bytes()


def test_a_host_that_lost_its_disk_does_nothing_again(shelf, tmp_path):
    shared = SharedWork(FileStore(tmp_path / "store"))
    first = local.run_all(brief(shelf), tmp_path / "a", SECRET)
    for stage, done in first["done"].items():
        for one in done:
            assert read_report(Files(tmp_path / "b", shared), one.ref) is None, stage
            shared.push(one.ref, tmp_path / "a" / one.ref)
            assert read_report(Files(tmp_path / "b", shared), one.ref) == one.report
