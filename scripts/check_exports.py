"""Opens the exports in a folder as their readers would. See scripts/check-exports.

Prints a line per check: `pass`, `skip` with how to get what is missing, or `FAIL` with what is wrong.
"""

import csv
import importlib
import json
import math
import os
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

folder = Path(sys.argv[1])
failed = False


def check(name, reader):
    """Runs a reader, which returns what it read in words or raises."""
    global failed
    try:
        print(f"pass  {name}: {reader()}")
    except ModuleNotFoundError as missing:
        package = {"hdrh": "hdrhistogram", "markdown_it": "markdown-it-py"}.get(missing.name, missing.name)
        print(f"skip  {name}: `python3 -m pip install {package}`")
    except Exception as wrong:  # whatever a consumer says is the answer
        failed = True
        print(f"FAIL  {name}: {type(wrong).__name__}: {wrong}")


def text(name):
    return (folder / name).read_text(encoding="utf-8")


def rows(name):
    with open(folder / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def whole_cells():
    return [row for row in rows("run-csv.csv") if row["level"] == "cell" and row["op_class"] == "all"]


def read_csv():
    cells = whole_cells()
    assert len(cells) == 4, f"{len(cells)} cells"
    for row in rows("run-csv-rounds.csv"):
        assert None not in row and None not in row.values(), "a row of another length"
        int(row["service_ns_p50"] or 0), float(row["ops_per_sec_median"] or 0)
    rounds = [row for row in rows("run-csv-rounds.csv") if row["level"] == "round"]
    assert rounds, "no rounds"
    return f"csv.DictReader read {len(cells)} cells and {len(rounds)} rows of rounds"


def read_json():
    document = json.loads(text("run-json.json"))
    ours = rows("run-csv.csv")
    assert len(document["rows"]) == len(ours)
    figures = 0
    for object_, row in zip(document["rows"], ours):
        for column, field in row.items():
            value = object_.get(column)
            if field == "":
                assert value is None, f"{column} is {value!r}, and empty in CSV"
            elif isinstance(value, bool):
                assert str(value).lower() == field
            elif isinstance(value, (int, float)):
                figures += 1
                assert float(field) == float(value), f"{column}: {value} and {field}"
            else:
                assert value == field, f"{column}: {value!r} and {field!r}"
    return f"{figures} numbers equal those of CSV"


def read_compared_json():
    document = json.loads(text("compare-json.json"))
    assert document["kind"] == "comparison" and document["cells"]
    return f"{document['overall']}, {len(document['cells'])} cells"


def read_reported_json():
    sweep, live = json.loads(text("sweep-json.json")), json.loads(text("live-json.json"))
    findings = [finding for group in sweep["sweep"]["groups"] for finding in group["findings"]]
    assert findings, "a sweep without findings"
    assert {row["arm"] for row in live["rows"]} == {"A", "B"}, "arms are missing"
    assert live["compared"]["kind"] == "comparison" and len(live["compared"]["cells"]) == 1
    return f"{len(findings)} findings of a sweep; a program against itself is {live['compared']['overall']}"


def read_bencher():
    document = json.loads(text("run-bencher.json"))
    assert len(document) == 4, f"{len(document)} benchmarks"
    for name, measures in document.items():
        assert 0 < len(name) <= 1024, "a name has 1 to 1024 characters"
        for measure, metric in measures.items():
            assert 0 < len(measure) <= 64, "a measure has 1 to 64 characters"
            assert set(metric) <= {"value", "lower_value", "upper_value"}
            assert all(type(number) is float or type(number) is int for number in metric.values())
            assert metric.get("lower_value", metric["value"]) <= metric["value"]
            assert metric["value"] <= metric.get("upper_value", metric["value"])
    cells = {float(row["ops_per_sec_median"]) for row in whole_cells()}
    throughputs = {round(measures["throughput"]["value"], 3) for measures in document.values()}
    assert cells == throughputs, "other throughputs than in CSV"
    return f"{len(document)} benchmarks by the documented rules, throughputs as in CSV"


def read_bencher_schema():
    schema = os.environ.get("BMF_SCHEMA")
    jsonschema = importlib.import_module("jsonschema")
    if not schema:
        raise ModuleNotFoundError(name="jsonschema, and BMF_SCHEMA=bmf.json of bencher.dev")
    jsonschema.validate(json.loads(text("run-bencher.json")), json.loads(Path(schema).read_text()))
    return "valid by the published schema"


def read_github():
    for part, unit in (("throughput", "ops/s"), ("latency", "ns")):
        entries = json.loads(text(f"run-github-{part}.json"))
        assert entries and len({entry["name"] for entry in entries}) == len(entries)
        for entry in entries:
            assert set(entry) <= {"name", "unit", "value", "range", "extra"}
            assert entry["unit"] == unit and type(entry["value"]) in (int, float)
            assert all(type(entry[key]) is str for key in entry if key != "value")
    return "arrays of {name, unit, value, range?, extra?}, names unique"


def read_junit(name):
    def read():
        root = xml.fromstring(text(name))
        assert root.tag == "testsuites"
        cases = 0
        for suite in root:
            assert suite.tag == "testsuite" and suite.get("name")
            inner = [child for child in suite if child.tag == "testcase"]
            cases += len(inner)
            for case in inner:
                assert case.get("name") is not None
                children = [child.tag for child in case]
                known = {"skipped", "error", "failure", "system-out", "system-err", "properties"}
                assert set(children) <= known, children
                assert sum(tag in ("skipped", "error", "failure") for tag in children) <= 1
                float(case.get("time", 0))
            count = lambda tag: sum(case.find(tag) is not None for case in inner)
            told = [int(suite.get(of)) for of in ("tests", "failures", "errors", "skipped")]
            assert told == [len(inner), count("failure"), count("error"), count("skipped")], told
        assert int(root.get("tests")) == cases
        return f"{cases} cases, counted as the attributes say"

    return read


def read_hlog():
    from hdrh.histogram import HdrHistogram
    from hdrh.log import HistogramLogReader

    def key(row):
        return tuple(int(row[f"service_ns_{at}"]) for at in ("p50", "p99", "p999", "max"))

    rounds = [row for row in rows("run-csv-rounds.csv") if row["level"] == "round" and row["op_class"] == "all"]
    reference = HdrHistogram(1, 3_600_000_000_000, 3)
    reader = HistogramLogReader(str(folder / "run-hlog.hlog"), reference)
    found, ops, tags = [], 0, set()
    while True:
        interval = reader.get_next_interval_histogram()
        if interval is None:
            break
        ops += interval.get_total_count()
        tags.add(interval.get_tag())
        total = interval.get_total_count()

        def at(quantile):
            # A quantile is the value of this rank. Python's own percentiles round to the nearest
            # rank, which is another value where a quantile falls between two.
            rank = math.ceil(quantile * total - 1e-9)
            return interval.get_value_at_percentile(100 * rank / total)

        found.append((at(0.5), at(0.99), at(0.999), interval.get_max_value()))
    assert len(found) == len(rounds), f"{len(found)} intervals of {len(rounds)} rounds"
    assert ops == sum(int(row["ops"]) for row in rounds), "counts are not the ops of the rounds"
    apart = [(a, b) for a, b in zip(sorted(found), sorted(map(key, rounds))) if a != b]
    assert not apart, f"percentiles differ: {apart[:3]}"
    return f"Python's HdrHistogram read {len(found)} intervals of {len(tags)} tags; counts and p50, p99, p99.9, max equal ours"


def read_html(name):
    def read():
        html5lib = importlib.import_module("html5lib")
        page = text(name)
        html5lib.HTMLParser(strict=True).parse(page)
        for forbidden in ("<script", "@import", "url(", " src="):
            assert forbidden not in page, f"{forbidden!r} in the page"
        return f"html5lib in strict mode; {len(page) // 1024} KiB, no script, nothing to load"

    return read


def read_markdown(name):
    def read():
        markdown = importlib.import_module("markdown_it").MarkdownIt("gfm-like", {"linkify": False})
        tables = markdown.render(text(name)).count("<table>")
        assert tables >= 2, f"{tables} tables"
        return f"markdown-it rendered {tables} tables"

    return read


check("csv", read_csv)
check("json", read_json)
check("json of a comparison", read_compared_json)
check("json of a sweep and of a live comparison", read_reported_json)
check("bencher", read_bencher)
check("bencher schema", read_bencher_schema)
check("github", read_github)
check("junit", read_junit("run-junit.xml"))
check("junit of a comparison", read_junit("compare-junit.xml"))
check("hlog", read_hlog)
for kind in ("run", "sweep", "compare", "live"):
    check(f"html of {kind}", read_html(f"{kind}-html.html"))
    check(f"markdown of {kind}", read_markdown(f"{kind}-markdown.md"))
sys.exit(1 if failed else 0)
