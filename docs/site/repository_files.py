"""Gives MkDocs the documents, and the files that they link to, from where they lie in the repository.

A relative link is right in both places.
"""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
LEFT_OUT = (".j2", ".pyc")
PATTERNS = ("*.md", "benchmarks/**/*", "docs/**/*", "studies/**/*")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the repository's files to the pages that only the site has."""
    for path in sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)}):
        if path.is_file() and path.suffix not in LEFT_OUT and HERE not in path.parents:
            files.append(File.generated(config, path.relative_to(ROOT).as_posix(), abs_src_path=str(path)))
    return files
