"""Kills sessions and workers with SIGKILL at random moments and checks what is left.

Each run measures three maps at one and two threads, two forks, in short rounds, with every event
on standard output. It is left alone once to learn how long it takes; then, run by run, either the
session or one of its workers is killed at a moment drawn evenly from that time. Checked each time:

- whatever event reached standard output is in the log, byte for byte;
- the log reads: every line is JSON, and at most the last one is torn;
- the store's index has the run: as partial after the session's death, as finished after a worker's;
- a killed worker gives a row that names SIGKILL, exit code 102, and all forks of the other cells
  end as they should; unless it was killed after its last words;
- no process of the run is alive ten seconds after the session's end.

At the end the index is deleted: it must come back whole, and another run must work in that store.
Prints how often each moment was hit, and k of n that failed with the bound that this proves.
Standard library only.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

ADAPTERS = ["std/mutex", "std/rwlock", "dashmap/v6"]
THREADS = [1, 2]
FORKS = 2
PLAN = [
    "run", "-q", "-s", "test/uniform", "-a", ",".join(ADAPTERS), "-t", ",".join(map(str, THREADS)),
    "--round", "10ms", "--warm", "1ms", "--rounds", "12", "--forks", str(FORKS),
    "--calibration", "none", "--progress", "none", "--message-format", "ndjson",
]
# Not in the log: they are for screens.
SCREEN_EVENTS = {"round-started"}
MARK = "MAPBENCH_KILL_STUDY"


class Run:
    """One run of the program, its events in a file."""

    def __init__(self, program, store, number):
        self.mark = f"{os.getpid()}-{number}"
        self.out = store / f"stdout-{number}.txt"
        environment = dict(os.environ, **{MARK: self.mark})
        with open(self.out, "wb") as out, open(store / f"stderr-{number}.txt", "wb") as err:
            self.process = subprocess.Popen(
                [program, *PLAN, "--store", str(store)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)

    def workers(self):
        found = []
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            try:
                found += [int(pid) for pid in task.read_text().split()]
            except OSError:
                pass
        return sorted(found)

    def survivors(self):
        """Processes that carry the mark of this run."""
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                pass
        return found

    def lines(self):
        """Whole lines of standard output; what has no line break has not been said yet."""
        return self.out.read_bytes().split(b"\n")[:-1]


def wait_until_gone(run, seconds=10):
    deadline = time.monotonic() + seconds
    while (left := run.survivors()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def log_of(store, lines):
    """The log of a run, by the id in its first line."""
    if not lines:
        return None
    run_id = json.loads(lines[0])["run_id"]
    found = list(store.glob(f"*-{run_id}.ndjson"))
    return found[0] if found else None


def read_log(path, problems):
    """The whole lines of a log, and whether the last one is torn."""
    parts = path.read_bytes().split(b"\n")
    for number, line in enumerate(parts[:-1], 1):
        try:
            json.loads(line)
        except ValueError as error:
            problems.append(f"{path.name}: line {number} does not read: {error}")
    return parts[:-1], parts[-1] != b""


def index(program, store):
    """The index as the program makes it."""
    subprocess.run([program, "baseline", "list", "--store", str(store)], check=True,
                   stdout=subprocess.DEVNULL)
    path = store / "index.json"
    return json.loads(path.read_text()) if path.exists() else {"runs": [], "unreadable": []}


def digest_of(content, path):
    return next((run for run in content["runs"] if run["file"]["name"] == path.name), None)


def check_said_is_kept(said, kept, problems):
    kept = set(kept)
    for line in said:
        if json.loads(line)["event"] not in SCREEN_EVENTS and line not in kept:
            problems.append(f"not in the log: {line[:160]}")


def check_after_worker(code, events, problems):
    """What a session must have made of a worker's death. Returns whether it came too late to count."""
    by_kind = collections.defaultdict(list)
    for event in events:
        by_kind[event["event"]].append(event)
    failed = by_kind["trial-failed"]
    done = collections.Counter(event["cell"] for event in by_kind["trial-done"])
    cells = [cell["id"] for cell in by_kind["begin"][0]["cells"]]
    failed_cells = {event["cell"] for event in failed}
    for cell in cells:
        if cell not in failed_cells and done[cell] != FORKS:
            problems.append(f"cell {cell}: {done[cell]} of {FORKS} forks ended, and none failed")
    if not by_kind["end"]:
        problems.append("the log has no end")
    if not failed and code == 0:
        return True
    if code != 102:
        problems.append(f"exit code {code}, not 102")
    if len(failed) != 1:
        problems.append(f"{len(failed)} failures, not 1")
    for event in failed:
        failure = event["failure"]
        if failure["kind"] != "crash" or "SIGKILL" not in failure["message"]:
            problems.append(f"the failure does not name the signal: {failure}")
    return False


def phase(lines):
    """What a run was at, from the last thing that it said."""
    return json.loads(lines[-1])["event"] if lines else "before its first word"


def kill_once(program, store, number, chance, typical_s, tally):
    """One run, one kill. Returns what is wrong with what is left."""
    problems = []
    target = chance.choice(["session", "worker"])
    run = Run(program, store, number)
    time.sleep(chance.uniform(0, typical_s))
    if target == "worker":
        victim = None
        while run.process.poll() is None and victim is None:
            workers = run.workers()
            victim = chance.choice(workers) if workers else None
        if victim is not None:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                victim = None
    else:
        victim = run.process.pid
        run.process.kill()
    at = phase(run.lines())
    try:
        code = run.process.wait(timeout=120)
    except subprocess.TimeoutExpired:
        problems.append("the session hangs")
        run.process.kill()
        code = run.process.wait()
    if victim is None or (target == "session" and code >= 0):
        tally["too late: the run had ended"] += 1
        return problems, False
    if left := wait_until_gone(run):
        problems.append(f"still alive: {left}")
    said = run.lines()
    path = log_of(store, said)
    if path is None:
        if said:
            problems.append("events were said, and there is no log")
        tally[f"{target} killed, no log yet"] += 1
        return problems, True
    kept, torn = read_log(path, problems)
    tally["torn last lines"] += torn
    check_said_is_kept(said, kept, problems)
    digest = digest_of(index(program, store), path)
    if digest is None:
        problems.append("the index does not have the run")
        return problems, True
    if target == "session":
        events = {json.loads(line)["event"] for line in kept}
        expected = "finished" if "end" in events else "partial"
        if digest["outcome"] != expected or digest["torn_tail"] != torn:
            problems.append(f"the index says {digest['outcome']}, torn {digest['torn_tail']}")
        tally[f"session killed after {at}"] += 1
    else:
        if digest["outcome"] != "finished":
            problems.append(f"the index says {digest['outcome']}")
        late = check_after_worker(code, [json.loads(line) for line in kept], problems)
        tally[f"worker killed after its last words" if late else f"worker killed after {at}"] += 1
    return problems, True


def bound(failed, n):
    """Upper end of the one-sided 95 % Clopper-Pearson interval, by bisection."""
    if n == 0 or failed == n:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        term, below = (1 - share) ** n, 0.0
        for k in range(failed + 1):
            below += term
            term *= (n - k) / (k + 1) * share / (1 - share)
        low, high = (share, high) if below > 0.05 else (low, share)
    return high


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", type=int, default=100, help="kills that count")
    parser.add_argument("--program", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", type=pathlib.Path)
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    store = (arguments.store or pathlib.Path("target/kill-study") / stamp).resolve()
    store.mkdir(parents=True, exist_ok=True)
    chance = random.Random(arguments.seed)

    began = time.monotonic()
    whole = Run(program, store, 0)
    if code := whole.process.wait(timeout=120):
        sys.exit(f"kill-study: the run that is left alone ends with {code}; see {store}/stderr-0.txt")
    typical_s = time.monotonic() - began
    print(f"a run takes {typical_s:.1f} s; logs in {store}", flush=True)

    tally, failed, n, number = collections.Counter(), 0, 0, 0
    while n < arguments.n:
        number += 1
        problems, counts = kill_once(program, store, number, chance, typical_s, tally)
        n += counts
        failed += bool(problems)
        for problem in problems:
            print(f"run {number}: {problem}", flush=True)

    (store / "index.json").unlink(missing_ok=True)
    content = index(program, store)
    logs = list(store.glob("*.ndjson"))
    if len(content["runs"]) + len(content["unreadable"]) != len(logs):
        failed += 1
        print(f"the index has {len(content['runs'])} runs of {len(logs)} logs")
    for log in content["unreadable"]:
        failed += 1
        print(f"does not read: {log['file']['name']}: {log['reason']}")
    last = Run(program, store, "last")
    if code := last.process.wait(timeout=120):
        failed += 1
        print(f"a run in the store of all these logs ends with {code}")

    for what, times in sorted(tally.items()):
        print(f"{times:5} {what}")
    print(f"{len(logs)} logs, {len(content['unreadable'])} of them unreadable")
    print(f"{failed} of {n} kills lost something or left something behind "
          f"(at most {bound(failed, n):.1%}, 95 %)")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
