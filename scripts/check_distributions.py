"""Compares generated traces with what their scenarios promise; see scripts/check-distributions.

Every figure is computed here from the bytes of a trace file: popularity against the law, hits and
effective writes by replaying on a set, the live set over the lap, drift, repeats, schedules, and
all that the header claims. A tolerance is five standard deviations of the figure unless it is exact.
"""

import lzma
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import mbt
from mbt import CODE

READS = [CODE[name] for name in ("get", "has", "get_cloned", "range")]
WRITES = [CODE[name] for name in ("insert", "insert_if_absent", "overwrite", "update", "remove")]
KEYLESS = [CODE[name] for name in ("scan", "scan_prefix", "len", "replace_all", "new_map")]
MASK = (1 << 64) - 1


class Report:
    """A table of comparisons."""

    def __init__(self):
        self.wrong = 0
        print(f"{'scenario':<18}{'figure':<42}{'expected':>14}{'found':>14}{'tolerance':>12}")

    def row(self, scenario, figure, expected, found, tolerance=0.0):
        right = abs(found - expected) <= tolerance
        self.wrong += not right
        show = lambda number: f"{number:.5g}" if isinstance(number, float) else f"{number:,}"
        print(f"{scenario:<18}{figure:<42}{show(expected):>14}{show(found):>14}"
              f"{show(tolerance):>12}  {'ok' if right else 'WRONG'}", flush=True)


# ---------------------------------------------------------------- replay and header


def scramble(index):
    product = (index + 1) * 0x9E37_79B9_7F4A_7C15 & MASK
    return product ^ (product >> 32)


def replay(header, streams):
    """The figures of a trace, one op after the other, on plain sets."""
    sets = [set(range(spec["preload"])) for spec in header["maps"]]
    found = dict(ops=0, reads=0, hits=0, writes=0, effective=0, live=[])
    get, has, cloned = CODE["get"], CODE["has"], CODE["get_cloned"]
    for stream in streams:
        columns = (stream.codes, stream.maps, stream.keys, stream.counts)
        for code, which, key, count in zip(*(column.tolist() for column in columns)):
            present, spec = sets[which], header["maps"][which]
            found["ops"] += count
            if code in (get, has, cloned):
                found["reads"] += 1
                found["hits"] += key in present
            elif code == mbt.RANGE:
                found["reads"] += count
                found["hits"] += sum((key + step) % spec["keys"] in present for step in range(count))
            elif code in WRITES:
                found["writes"] += 1
                if code in (CODE["insert"], CODE["overwrite"]):
                    present.add(key)
                    found["effective"] += 1
                elif code == CODE["insert_if_absent"]:
                    found["effective"] += key not in present
                    present.add(key)
                elif code == CODE["update"]:
                    found["effective"] += key in present
                else:
                    found["effective"] += key in present
                    present.discard(key)
                found["live"].append(len(present))
            elif code == CODE["replace_all"]:
                sets[which] = set(range(spec["preload"]))
    return found, sets


def accesses(header, streams, which=0):
    """Keys in the order of their accesses to one map, ranges written out."""
    keys = header["maps"][which]["keys"]
    parts = []
    for stream in streams:
        chosen = (stream.maps == which) & ~np.isin(stream.codes, KEYLESS)
        firsts, counts = stream.keys[chosen], stream.counts[chosen]
        if (counts == 1).all():
            parts.append(firsts)
        else:
            starts = np.repeat(firsts, counts)
            steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            parts.append((starts + steps) % keys)
    return np.concatenate(parts)


def check_header(report, name, header, streams):
    """What the header claims, and that a lap ends as it began. Returns the replay's figures."""
    found, sets = replay(header, streams)
    report.row(name, "header: ops", header["ops"], found["ops"])
    if found["reads"]:
        report.row(name, "header: hit share", header["hit_share"], found["hits"] / found["reads"], 1e-12)
    effective = found["effective"] / found["ops"]
    report.row(name, "header: effective write share", header["effective_write_share"], effective, 1e-12)
    counts = [np.bincount(accesses(header, streams, which), minlength=1)
              for which in range(len(header["maps"]))]
    top = max(int(count.max()) for count in counts) / found["ops"]
    report.row(name, "header: top key share", header["top_key"]["share"], top, 1e-12)
    for spec, present, final in zip(header["maps"], sets, header["expected"]):
        report.row(name, f"header: final length of {spec['id']}", final["len"], len(present))
        checksum = sum(scramble(key) for key in present) & MASK
        report.row(name, f"key checksum of {spec['id']} agrees (1 = yes)", 1,
                   int(checksum == final["key_checksum"]))
        strays = len(present ^ set(range(spec["preload"])))
        report.row(name, f"strays of {spec['id']} after a lap", 0, strays)
    return found


# ---------------------------------------------------------------- laws


def zipf(keys, s, q=0.0):
    weights = (np.arange(keys) + 1.0 + q) ** -s
    return weights / weights.sum()


def hotspot(keys, share, of):
    hot = round(keys * of)
    return np.concatenate([np.full(hot, share / hot), np.full(keys - hot, (1 - share) / (keys - hot))])


def hottest(keys, share, s):
    return np.concatenate([[share], zipf(keys - 1, s) * (1 - share)])


def chi_square(report, name, figure, counts, law):
    """Counts against a law: the statistic is within five deviations of its mean."""
    expected = law * counts.sum()
    enough = expected >= 10
    statistic = (((counts - expected) ** 2 / np.maximum(expected, 1e-9))[enough]).sum()
    freedom = max(int(enough.sum()) - 1, 1)
    report.row(name, f"{figure}: chi-square, {freedom} degrees", float(freedom), float(statistic),
               5 * math.sqrt(2 * freedom))


def check_law(report, name, keys, law):
    """Shares of the most accessed keys against those of a sorted sample of the law's size.

    Which key has which rank is not known, so the counts are sorted; so are those of ten samples that
    NumPy draws from the law, which have the same bias.
    """
    counts = np.sort(np.bincount(keys, minlength=len(law)))[::-1]
    total = counts.sum()
    random = np.random.default_rng(7)
    samples = np.sort(random.multinomial(total, law, size=10), axis=1)[:, ::-1]
    for top in sorted({1, 10, 100, len(law) // 10} - {0}):
        expected = float(samples[:, :top].sum(axis=1).mean() / total)
        deviation = math.sqrt(max(expected * (1 - expected), 1e-12) / total)
        report.row(name, f"share of the top {top}", expected, float(counts[:top].sum() / total),
                   5 * deviation * math.sqrt(1.1))
    worst = np.abs(np.cumsum(counts) - np.cumsum(samples.mean(axis=0))).max() / total
    report.row(name, "greatest distance of rank shares", 0.0, float(worst), 3 / math.sqrt(total))


def reaccess(keys, within):
    """Share of the accesses whose key was accessed among the last so many before."""
    order = np.argsort(keys, kind="stable")
    gaps = np.diff(order)
    same = keys[order][1:] == keys[order][:-1]
    return float(((gaps <= within) & same).sum() / len(keys))


def simulated_repeats(ops, share, window, keys):
    """The model of `repeat` on uniform keys, drawn by NumPy."""
    random = np.random.default_rng(11)
    fresh = random.integers(0, keys, ops)
    ages = np.floor(np.exp(random.random(ops) * math.log(window + 1))).astype(np.int64)
    repeats = random.random(ops) < share
    drawn = fresh.copy()
    for at in range(ops):
        if repeats[at] and ages[at] <= at:
            drawn[at] = drawn[at - ages[at]]
    return drawn


# ---------------------------------------------------------------- scenarios

MIX = 'summary = "checked"\n[mix]\nkeys = {keys}\nlap_ops = {ops}\nops = {{ {shares} }}\n{more}\n'


def mix(keys=1000, ops=400_000, shares="get = 100", more=""):
    return MIX.format(keys=keys, ops=ops, shares=shares, more=more)


class Generator:
    """Turns scenarios into traces with the program."""

    def __init__(self, program, folder):
        self.program, self.folder = program, Path(folder)

    def file(self, name, scenario=None):
        path = self.folder / f"{name}.mbt"
        if scenario is not None:
            source = self.folder / f"{name}.toml"
            source.write_text(scenario)
        else:
            source = name
            path = self.folder / f"{Path(name).name}.mbt"
        command = [self.program, "trace", "gen", str(source), "-o", str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
        return path

    def trace(self, name, scenario=None):
        return mbt.read(self.file(name, scenario))


def check_laws(report, generator):
    laws = {
        "uniform": ("popularity = \"uniform\"", np.full(1000, 1 / 1000)),
        "zipf": ("popularity = { zipf = { s = 0.99 } }", zipf(1000, 0.99)),
        "zipf_mandelbrot": ("popularity = { zipf_mandelbrot = { s = 1.0, q = 6.0 } }",
                            zipf(1000, 1.0, 6.0)),
        "hotspot": ("popularity = { hotspot = { accesses = 0.9, keys = 0.1 } }",
                    hotspot(1000, 0.9, 0.1)),
        "hottest": ("popularity = { hottest = { share = 0.31, rest = { zipf = { s = 1.4 } } } }",
                    hottest(1000, 0.31, 1.4)),
    }
    for name, (more, law) in laws.items():
        header, streams = generator.trace(name, mix(more=more))
        keys = accesses(header, streams)
        check_law(report, name, keys, law)
        if name == "uniform":
            chi_square(report, name, "keys", np.bincount(keys, minlength=1000), law)
        check_header(report, name, header, streams)


def check_latest(report, generator):
    name, preload = "latest", 200
    more = f"preload = {preload}\npopularity = {{ latest = {{ zipf = {{ s = 1.0 }} }} }}"
    header, streams = generator.trace(
        name, mix(keys=500, shares="get = 90, insert = 5, remove = 5", more=more))
    number = {key: key for key in range(preload)}
    inserted, ranks, turns, oldest = preload, [], 0, 0
    for code, key in zip(streams[0].codes.tolist(), streams[0].keys.tolist()):
        if code == CODE["insert"]:
            number[key] = inserted
            inserted += 1
        elif code == CODE["remove"]:
            oldest += number.pop(key) == min(number.values(), default=inserted) - 1
            turns += 1
        elif key in number:
            ranks.append(inserted - 1 - number[key])
    gets = int((streams[0].codes == CODE["get"]).sum())
    report.row(name, "gets of keys that are there", gets, len(ranks))
    report.row(name, "removes of the oldest key", turns, oldest)
    counts = np.bincount(ranks, minlength=preload)
    chi_square(report, name, "ranks of recency", counts[:preload], zipf(preload, 1.0))
    report.row(name, "ranks beyond the law's", 0, int(counts[preload:].sum()))
    found = check_header(report, name, header, streams)
    report.row(name, "live set: least", preload, min(found["live"]), 1)
    report.row(name, "live set: most", preload, max(found["live"]), 1)


def check_window(report, generator):
    name = "window"
    law = "popularity = { window = { width = 70, step = 30 } }"
    header, streams = generator.trace(
        name, mix(ops=3000, shares="range = 100", more=f"preload = 250\n{law}"))
    starts = np.arange(3000) * 30 % 1000
    report.row(name, "windows elsewhere than expected", 0, int((streams[0].keys != starts).sum()))
    report.row(name, "windows of another width", 0, int((streams[0].counts != 70).sum()))
    check_header(report, name, header, streams)
    header, streams = generator.trace("single gets", mix(ops=30_000, more=law))
    at = np.arange(30_000)
    expected = (at // 70 * 30 + at % 70) % 1000
    report.row("single gets", "gets elsewhere than expected", 0,
               int((streams[0].keys != expected).sum()))


def check_replay(report, generator):
    source = generator.file("source", mix(keys=300, ops=50_000, more="popularity = { zipf = { s = 1.2 } }"))
    wanted = accesses(*mbt.read(source))
    text = 'popularity = {{ replay = {{ file = "source.mbt", by = "{by}" }} }}'
    header, streams = generator.trace(
        "replay-order", mix(keys=400, ops=120_000, more=text.format(by="order")))
    keys = accesses(header, streams)
    wanted_round = np.resize(wanted, len(keys))
    pairs = np.unique(np.stack([wanted_round, keys]), axis=1).shape[1]
    distinct = len(np.unique(wanted))
    report.row("replay-order", "pairs of source key and key", distinct, pairs)
    report.row("replay-order", "distinct keys", distinct, len(np.unique(keys)))
    check_header(report, "replay-order", header, streams)
    header, streams = generator.trace(
        "replay-ranks", mix(keys=400, more=text.format(by="ranks")))
    law = np.zeros(400)
    law[:distinct] = np.sort(np.bincount(wanted))[::-1][:distinct] / len(wanted)
    check_law(report, "replay-ranks", accesses(header, streams), law)


def check_drift(report, generator):
    name, swap = "drift", 60
    more = ("popularity = { hotspot = { accesses = 0.9, keys = 0.01 } }\n"
            f"drift = {{ top = 100, swap = {swap}, every_ops = 100_000 }}")
    header, streams = generator.trace(name, mix(keys=10_000, ops=500_000, more=more))
    keys = accesses(header, streams)
    tops = [set(np.argsort(np.bincount(part, minlength=10_000))[-100:].tolist())
            for part in keys.reshape(5, -1)]
    for at in range(4):
        overlap = len(tops[at] & tops[at + 1])
        report.row(name, f"top 100 kept by change {at + 1}", 100 - swap, overlap)
    check_header(report, name, header, streams)


def check_repeat(report, generator):
    name, ops, keys = "repeat", 400_000, 1_000_000
    more = "repeat = { share = 0.5, window_ops = 1000 }"
    header, streams = generator.trace(name, mix(keys=keys, ops=ops, more=more))
    found, expected = accesses(header, streams), simulated_repeats(ops, 0.5, 1000, keys)
    for within in (1, 10, 100, 1000):
        share = reaccess(expected, within)
        # Chunks of 65,536 ops remember only themselves: 0.6 % of the repeats are missing at most.
        tolerance = 5 * math.sqrt(2 * share * (1 - share) / ops) + 0.003 * share
        report.row(name, f"re-access within {within}", share, reaccess(found, within), tolerance)


def check_churn(report, generator):
    name = "churn"
    shares = {"get": 60, "insert": 20, "remove": 20}
    text = ", ".join(f"{kind} = {share}" for kind, share in shares.items())
    header, streams = generator.trace(
        name, mix(shares=text, more="preload = 500\npopularity = { zipf = { s = 0.8 } }"))
    found = check_header(report, name, header, streams)
    report.row(name, "ops beyond the lap", 400_000, found["ops"])
    report.row(name, "writes without effect", 0, found["writes"] - found["effective"])
    counts = np.bincount(streams[0].codes, minlength=16)
    report.row(name, "inserts less removes", 0, int(counts[CODE["insert"]] - counts[CODE["remove"]]))
    for kind, share in shares.items():
        tolerance = 5 * math.sqrt(share / 100 * (1 - share / 100) / 400_000) + 1e-5
        report.row(name, f"share of {kind}", share / 100, float(counts[CODE[kind]] / 400_000), tolerance)
    # Uniform toggles would hold half of the keys; a key's presence is a coin either way.
    report.row(name, "live set: mean", 500, round(float(np.mean(found["live"]))), 80)


def check_actors(report, generator):
    text = '''summary = "paced"
[[map]]
id = "A"
name = "entries"
keys = 4000
preload = 1000
[[map]]
id = "B"
name = "overwritten"
keys = 2000
[[actor]]
name = "reader"
map = "A"
ops = { get = 100 }
popularity = { zipf = { s = 1.0 } }
lap_ops = 100_000
[[actor]]
name = "poisson"
map = "A"
ops = { insert = 50, remove = 50 }
keys = { count = 2000 }
rate_per_s = 910
schedule = "poisson"
lap = "20s"
[[actor]]
name = "uniform"
map = "B"
ops = { overwrite = 100 }
rate_per_s = 50
schedule = "uniform"
lap = "20s"
'''
    header, streams = generator.trace("actors", text)
    found = check_header(report, "actors", header, streams)
    check_law(report, "actors", streams[0].keys, zipf(4000, 1.0))
    for stream, actor, rate, variation in (
            (streams[1], "poisson", 910, 1.0), (streams[2], "uniform", 50, 0.0)):
        times, lap = stream.times, 20_000_000_000
        report.row("actors", f"{actor}: events in a lap", rate * 20, len(times))
        report.row("actors", f"{actor}: events due outside the lap", 0, int((times >= lap).sum()))
        gaps = np.diff(times)
        spread = float(gaps.std() / gaps.mean())
        tolerance = 5 / math.sqrt(len(gaps)) if variation else 1e-6
        report.row("actors", f"{actor}: CV of the gaps", variation, spread, tolerance)
        if variation:
            short = float((gaps < lap / (rate * 20) * math.log(2)).mean())
            report.row("actors", "poisson: gaps below the median", 0.5, short, 2.5 / math.sqrt(len(gaps)))
            ten = np.bincount(times // (lap // 20), minlength=20)
            chi_square(report, "actors", "poisson: events per second", ten, np.full(20, 1 / 20))
    toggles = streams[1]
    report.row("actors", "poisson: keys outside its own", 0, int((toggles.keys >= 2000).sum()))
    # Each of 2,000 keys is there or not like a coin: sqrt(2,000) / 2 is a standard deviation.
    live = np.array(found["live"][:18_200])
    farthest = int(np.abs(live - 1000).max())
    report.row("actors", "live set: farthest from the preload", 0, farthest, 112)


def check_presets(report, generator):
    for name, actors in (("curated/node-scan", 2), ("curated/hot-key", 1), ("curated/ns-list", 1)):
        header, streams = generator.trace(name)
        report.row(name, "actors", actors, len(streams))
        if name != "curated/node-scan":
            check_header(report, name, header, streams)
        else:
            report.row(name, "header: hit share below 5 % (1 = yes)", 1, int(header["hit_share"] < 0.05))


def beside_orm_busy(generator):
    """read-heavy and the trace that it is modelled on, side by side."""
    keys = accesses(*generator.trace("curated/read-heavy"))
    columns = {"read-heavy": keys}
    data = os.environ.get("MAPBENCH_DATA")
    file = Path(data) / "cache2k-orm-busy/orm-busy.trace.xz" if data else None
    if file and file.exists():
        columns["orm-busy"] = np.frombuffer(lzma.open(file).read(), dtype=">i4").astype(np.int64)
    else:
        print("\norm-busy is not shown: MAPBENCH_DATA does not name a folder that has it")
    print(f"\n{'':<34}" + "".join(f"{name:>14}" for name in columns))
    figures = []
    for keys in columns.values():
        counts = np.sort(np.unique(keys, return_counts=True)[1])[::-1]
        share = lambda top: f"{counts[:top].sum() / len(keys) * 100:.2f} %"
        figures.append([f"{len(keys):,}", f"{len(counts):,}", share(1), share(10),
                        share(math.ceil(len(counts) / 100)), share(math.ceil(len(counts) / 10)),
                        f"{reaccess(keys[:1_000_000], 1000) * 100:.1f} %"])
    names = ("accesses", "distinct keys", "hottest key", "10 hottest keys", "hottest 1 % of keys",
             "hottest 10 % of keys", "re-access within 1,000 (first 1 M)")
    for at, name in enumerate(names):
        print(f"{name:<34}" + "".join(f"{column[at]:>14}" for column in figures))


def main(program):
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        generator = Generator(Path(program).resolve(), folder)
        for check in (check_laws, check_latest, check_window, check_replay, check_drift, check_repeat,
                      check_churn, check_actors, check_presets):
            check(report, generator)
        beside_orm_busy(generator)
    if report.wrong:
        sys.exit(f"\n{report.wrong} figures disagree")
    print("\nall figures agree")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check_distributions.py MAPBENCH")
    main(sys.argv[1])
