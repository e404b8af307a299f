"""Chaos: real runs of small studies are struck at random moments, and the same command is run again.

    PYTHONPATH=benchmarks python -m chaos --cases kill_driver:10,kill_worker:10 --seed 0 --work /tmp/chaos
    PYTHONPATH=benchmarks python -m chaos --table --work /tmp/chaos

A case is one line of ``<work>/cases.jsonl``; one that is there is not run again. Takes a quiet Linux machine of two
cores and some hours; ``full_disk`` needs root, and ``jump_clock`` Debian's ``faketime``.
"""

import argparse
import json
import os
import random
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chaos.laboratory import EDITS, INLINE, STREAMED, Laboratory, copy_code
from chaos.oracle import Content, check_quiet, content, leases, lost
from chaos.photos import make_photos
from chaos.siege import BESIEGED, SIEGE, siege
from chaos.strikes import STRIKES, Struck, after
from chaos.table import markdown

SETTLE_SECONDS = 90.0
"""After a run, in which its processes must end: two agents of Ray outlive a killed raylet by a minute."""
ON_RAY = ("kill_worker", "kill_raylet")
STUDIES = {"kill_worker": ["apart", "shared"], "mlflow_away": ["apart"], "vanish_data": ["photos"]}


class Suite:
    """All cases, in one working folder."""

    def __init__(self, work: Path, seed: int) -> None:
        self.work, self.seed = work, seed
        self.log = work / "cases.jsonl"
        self.measured = work / "measured"
        """A cache without images: which numerics are fastest is measured once, since it decides the last bits."""
        self._settling: list[threading.Thread] = []
        self._write = threading.Lock()
        (work / "labs").mkdir(parents=True, exist_ok=True)
        self.codes = {"packed": copy_code(work / "code" / "packed", EDITS)}
        self.codes["streamed"] = copy_code(work / "code" / "streamed", EDITS | STREAMED)
        if not (work / "photos").exists():
            make_photos(work / "photos")

    def done(self) -> set[str]:
        return (
            {json.loads(line)["case"] for line in self.log.read_text(encoding="utf-8").splitlines()}
            if self.log.exists()
            else set()
        )

    def run(self, kind: str, number: int) -> None:
        name = f"{kind}-{self.seed}-{number}"
        if name in self.done():
            return
        draw = random.Random(f"{self.seed}/{kind}/{number}")
        if kind == SIEGE:
            self.besiege(name, draw)
            return
        study = draw.choice(STUDIES.get(kind, ["apart", "shared", "photos"]))
        options = () if kind in ON_RAY else draw.choice([(), INLINE])
        code = draw.choice(["packed", "streamed"]) if study == "photos" else "packed"
        quiet = self.quiet(study)
        laboratory = self.laboratory(name, study, options, code)
        print(f"{time.strftime('%H:%M:%S')} {name} {study} {code} {' '.join(options)}", flush=True)
        struck = STRIKES[kind](laboratory, draw)
        values = {"case": name, "kind": kind, "study": study, "code": code, "on": "inline" if options else "Ray"}
        self.finish(laboratory, values | recover({laboratory: quiet}, struck))

    def besiege(self, name: str, draw: random.Random) -> None:
        """Two studies on one storage, each on Ray or not."""
        quiet = {study: self.quiet(study) for study in BESIEGED}
        first = self.laboratory(name, BESIEGED[0], draw.choice([(), INLINE]), "packed")
        second = Laboratory(first.folder, BESIEGED[1], first.code, draw.choice([(), INLINE]), first.environment)
        on = " and ".join("inline" if one.options else "Ray" for one in (first, second))
        print(f"{time.strftime('%H:%M:%S')} {name} {on}", flush=True)
        struck = siege((first, second), draw)
        values = {"case": name, "kind": SIEGE, "study": " and ".join(BESIEGED), "code": "packed", "on": on}
        self.finish(first, values | recover({one: quiet[one.study] for one in (first, second)}, struck))

    def finish(self, laboratory: Laboratory, values: dict[str, Any]) -> None:
        """While the next case begins."""
        thread = threading.Thread(target=self.settle, args=(laboratory, values))
        thread.start()
        self._settling.append(thread)

    def laboratory(self, name: str, study: str, options: tuple[str, ...], code: str) -> Laboratory:
        folder = self.work / "labs" / name
        shutil.rmtree(folder, ignore_errors=True)
        laboratory = Laboratory(folder, study, self.codes[code], options)
        if study == "photos":
            shutil.copytree(self.work / "photos", folder / "data" / "photos")
        if self.measured.exists():
            shutil.copytree(self.measured, folder / "cache")
        laboratory.environment["XDG_CACHE_HOME"] = str(folder / "cache")
        return laboratory

    def quiet(self, study: str) -> Content:
        """The results of a run that nothing disturbs. It is without Ray, so that Ray is compared with it too."""
        path = self.work / f"quiet-{study}.json"
        if not path.exists():
            laboratory = self.laboratory(f"quiet-{study}", study, INLINE, "packed")
            run = laboratory.start()
            assert run.wait() == 0, run.output
            found = content(laboratory)
            check_quiet(found)
            path.write_text(json.dumps(asdict(found)), encoding="utf-8")
            if not self.measured.exists():
                shutil.copytree(laboratory.folder / "cache", self.measured, ignore=shutil.ignore_patterns("images"))
            with after(laboratory):
                pass
        return Content(**json.loads(path.read_text(encoding="utf-8")))

    def settle(self, laboratory: Laboratory, values: dict[str, Any]) -> None:
        """Looks for what is left running, and writes the case down."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (left := laboratory.left()) and time.monotonic() < deadline:
            time.sleep(0.5)
        values["processes_left"] = left
        values["settled_seconds"] = round(SETTLE_SECONDS - (deadline - time.monotonic()), 1)
        bad = bool(values["wrong"] or values["difference"] or left or values["leases_left"])
        with self._write, self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")
        print(f"         {values['case']}: {'BAD ' + str(values) if bad else 'good'}", flush=True)
        if bad:
            logs = self.work / "bad" / values["case"]
            shutil.rmtree(logs, ignore_errors=True)
            ignored = shutil.ignore_patterns("*.pt", "cache", "data", "disk")
            shutil.copytree(laboratory.folder, logs, ignore=ignored, symlinks=True)
        with after(laboratory):
            pass

    def close(self) -> None:
        for thread in self._settling:
            thread.join()


def recover(quiet: Mapping[Laboratory, Content], struck: Struck) -> dict[str, Any]:
    """The same command again, undisturbed, in every laboratory, and what is there after it beside what is there after a
    quiet run."""
    wrong, differences, seconds, said = [*struck.wrong], [], 0.0, list[str]()
    for laboratory, expected in quiet.items():
        run = laboratory.start()
        if (code := run.wait()) != 0:
            wrong.append(f"the last run: exit {code}: {run.output[-300:]}")
        seconds += run.seconds
        said += run.output.splitlines()[-1:]
        differences.append(difference(laboratory, expected))
    storage = next(iter(quiet)).storage
    return {
        "moments": struck.moments,
        "ends": struck.ends,
        "strikes": struck.strikes,
        "seconds": round(seconds, 1),
        "said": said,
        "kept": len(struck.kept),
        "lost": lost(struck.kept, storage),
        "difference": "; ".join(filter(None, differences)),
        "leases_left": leases(storage),
        "wrong": wrong,
    }


def difference(laboratory: Laboratory, quiet: Content) -> str:
    try:
        return as_json(content(laboratory)).difference(quiet)
    except Exception as error:
        return f"nothing to compare: {type(error).__name__}: {error}"


def as_json(found: Content) -> Content:
    """The content with lists in place of tuples, as that of the quiet run was kept."""
    return Content(**json.loads(json.dumps(asdict(found))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=",".join(f"{kind}:2" for kind in (*STRIKES, SIEGE)), help="KIND:NUMBER,...")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("/tmp/chaos"))
    parser.add_argument("--table", action="store_true", help="Print the table of what was run, and stop.")
    options = parser.parse_args()
    work = options.work.resolve()
    if options.table:
        print(markdown([json.loads(line) for line in (work / "cases.jsonl").read_text(encoding="utf-8").splitlines()]))
        return
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    suite = Suite(work, options.seed)
    counts = {kind: int(count) for kind, count in (part.split(":") for part in options.cases.split(","))}
    for number in range(max(counts.values())):  # a table of what is done so far has all kinds
        for kind, count in counts.items():
            if number < count:
                suite.run(kind, number)
    suite.close()


if __name__ == "__main__":
    main()
