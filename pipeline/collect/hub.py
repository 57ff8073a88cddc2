"""Files of a dataset on a Hub, by the Hub's own client: it resumes, checks and asks again."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from pipeline.collect import paths

_NAME = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")


def fetch(
    source: str, folder: Path, *, revision: str = "main", include: str = "*.parquet"
) -> Iterator[tuple[Path, str]]:
    """Fetch the files of a dataset that match; yield each with its name as it is there.

    What was fetched before and is unchanged is not fetched again. Endpoint and token are those of
    the environment (HF_ENDPOINT, HF_TOKEN).

    Raises:
        ValueError: there is no such dataset, revision or file, or it may not be read.
    """
    from httpx2 import HTTPError  # what the client lets through when nobody answers
    from huggingface_hub import HfApi

    if not _NAME.fullmatch(source):
        raise ValueError(f"{source!r} names no dataset; write OWNER/NAME.")
    api = HfApi()
    try:
        about = api.repo_info(source, repo_type="dataset", revision=revision)
        commit = str(about.sha)
        listed = api.list_repo_files(source, repo_type="dataset", revision=commit)
        wanted = [n for n in sorted(listed) if fnmatchcase(n, include) and not paths.refuse(n)]
        if not wanted:
            raise ValueError(f"{source} holds no file that matches {include}.")
        for name in wanted:
            path = api.hf_hub_download(
                source,
                name,
                repo_type="dataset",
                revision=commit,
                local_dir=folder / "files" / source,
            )
            yield Path(path), f"{source}/{name}"
    except (HTTPError, OSError) as error:
        told = " ".join(str(error).split())[:300]
        raise ValueError(f"{source} could not be fetched from {api.endpoint}: {told}") from error
