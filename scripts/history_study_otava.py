"""Runs Apache Otava on the series of scripts/history-study and writes what it calls.

usage: history_study_otava.py SERIES.csv CALLS.csv default|grid|WINDOW,P,MAGNITUDE

`default` is its default settings, `grid` many settings, one detector each. Needs
`pip install apache-otava` (tried with 0.8.0). Only a study uses it: mapbench needs no Python.
"""

import csv
import itertools
import sys
from collections import defaultdict

try:
    from otava.analysis import compute_change_points
    from otava.series import AnalysisOptions
except ImportError as error:
    sys.exit(f"history_study_otava.py: {error}; python3 -m pip install apache-otava")


def settings(which):
    default = AnalysisOptions()
    if which == "default":
        return [(default.window_len, default.max_pvalue, default.min_magnitude)]
    if which == "grid":
        windows, chances, magnitudes = (30, 50, 100, 200), (1e-2, 1e-3, 1e-4, 1e-5), (0.0, 0.01, 0.02)
        return list(itertools.product(windows, chances, magnitudes))
    window, chance, magnitude = which.split(",")
    return [(int(window), float(chance), float(magnitude))]


def main(source, target, which):
    series = defaultdict(list)
    with open(source, newline="") as file:
        for row in csv.DictReader(file):
            series[int(row["series"])].append(float(row["value"]))
    with open(target, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["detector", "series", "index"])
        for window, chance, magnitude in settings(which):
            setting = f"window {window}; p {chance:g}; magnitude {magnitude:g}"
            name = "Otava (default)" if which == "default" else f"Otava ({setting})"
            for number, values in series.items():
                points, _ = compute_change_points(
                    values, window_len=window, max_pvalue=chance, min_magnitude=magnitude
                )
                for point in points:
                    rows.writerow([name, number, point.index])
                if not points:
                    rows.writerow([name, number, "-"])


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
