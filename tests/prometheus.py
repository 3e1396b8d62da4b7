# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Reads Prometheus' text format, and is strict about it."""

import collections
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? ([0-9.e+-]+|NaN|[+-]Inf)")

Family = collections.namedtuple("Family", "type help samples")


def parse_labels(text):
    """'a="1",b="2"' as a dict."""
    labels, end = {}, 0
    while end < len(text):
        match = LABEL.match(text, end)
        assert match and match[1] not in labels, text
        labels[match[1]] = re.sub(
            r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), match[2])
        end = match.end()
        if end < len(text):
            assert text[end] == ",", text
            end += 1
    return labels


def family_of(name, families):
    """A histogram's samples have names of their own."""
    for suffix in ("", "_bucket", "_sum", "_count"):
        stem = name.removesuffix(suffix) if suffix else name
        if stem in families and name == stem + suffix:
            if not suffix or families[stem].type == "histogram":
                return stem
    raise AssertionError(f"{name} has no TYPE")


def parse(text):
    """{family: Family}, whose samples are (name, labels, value)."""
    families, helps, current = {}, {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        match = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if match and match[1] == "HELP":
            assert match[2] not in helps, line
            helps[match[2]] = match[3]
        elif match:
            assert match[2] in helps and match[2] not in families, line
            current = match[2]
            families[current] = Family(match[3], helps[current], [])
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert family_of(match[1], families) == current, line
            families[current].samples.append(
                (match[1], parse_labels(match[2] or ""), float(match[3])))
    assert helps.keys() == families.keys()
    return families


def value(families, name, **labels):
    """The sum of the samples that have these labels."""
    found = [number for sample, own, number
             in families[family_of(name, families)].samples
             if sample == name and labels.items() <= own.items()]
    assert found, f"{name}{labels}"
    return sum(found)


def histograms(family):
    """{labels but le: [(le, count), ...], sum, count} of a histogram."""
    found = {}
    for name, labels, number in family.samples:
        rest = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        one = found.setdefault(rest, {"buckets": []})
        if name.endswith("_bucket"):
            one["buckets"].append((float(labels["le"]), number))
        else:
            one[name.rsplit("_", 1)[1]] = number
    return found
