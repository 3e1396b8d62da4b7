# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Makes a case small that shows a difference.

'differs(cases)' says for each of a batch of cases whether it still shows one.
Parts are taken away as long as that holds: steps, rules, references, filters,
elements, attributes.
"""

import copy
import xml.etree.ElementTree as ET


def nodes(root):
    """All (parent, child) pairs below an element."""
    return [(parent, child) for parent in root.iter() for child in parent]


def smaller_documents(case):
    """Cases with one part of one document, or one document, less."""
    if "peer" in case:
        yield {key: value for key, value in case.items() if key != "peer"}
    tops = [case[key]["filter"] for key in ("binding", "peer") if key in case]
    for name, text in case["filters"].items():
        if name not in tops:
            left = {n: t for n, t in case["filters"].items() if n != name}
            if not any(f"filter='{name}'" in t or f'filter="{name}"' in t
                       for t in left.values()):
                yield dict(case, filters=left)
        root = ET.fromstring(text)
        for i in range(len(nodes(root))):
            tree = copy.deepcopy(root)
            parent, child = nodes(tree)[i]
            parent.remove(child)
            yield with_document(case, name, tree)
        for i, node in enumerate(root.iter()):
            for attribute in node.attrib:
                if attribute in ("name", "action", "direction", "filter",
                                 "value"):
                    continue
                tree = copy.deepcopy(root)
                del list(tree.iter())[i].attrib[attribute]
                yield with_document(case, name, tree)


def with_document(case, name, tree):
    filters = dict(case["filters"])
    filters[name] = ET.tostring(tree, encoding="unicode")
    return dict(case, filters=filters)


def smaller_parameters(case):
    for key in ("binding", "peer"):
        parameters = case.get(key, {}).get("parameters", {})
        for name, values in parameters.items():
            for i in range(len(values)):
                left = dict(parameters)
                left[name] = values[:i] + values[i + 1:]
                if not left[name]:
                    del left[name]
                yield {**case, key: dict(case[key], parameters=left)}


def first_that_differs(candidates, differs, width):
    """The first of the candidates that still shows the difference."""
    batch = []
    for candidate in candidates:
        batch.append(candidate)
        if len(batch) == width:
            for case, still in zip(batch, differs(batch)):
                if still:
                    return case
            batch = []
    for case, still in zip(batch, differs(batch) if batch else []):
        if still:
            return case
    return None


def shrink_steps(case, wrong, differs, width):
    """Keeps the wrong step and as few of the others as will do."""
    begin = max((i for i in range(wrong + 1)
                 if case["steps"][i].get("flush")), default=0)
    alone = dict(case, steps=case["steps"][wrong:wrong + 1])
    round_ = dict(case, steps=case["steps"][begin:wrong + 1])
    until = dict(case, steps=case["steps"][:wrong + 1])
    for smaller in alone, round_, until:
        if differs([smaller])[0]:
            case = smaller
            break
    size = len(case["steps"]) // 2
    while size:
        chunks = [dict(case, steps=case["steps"][:i]
                       + case["steps"][i + size:])
                  for i in range(0, len(case["steps"]), size)
                  if size < len(case["steps"])]
        found = first_that_differs(chunks, differs, width)
        if found:
            case = found
        else:
            size //= 2
    return case


def shrink(case, wrong, differs, width=32):
    case = shrink_steps(case, wrong, differs, width)
    while True:
        candidates = list(smaller_documents(case))
        candidates += list(smaller_parameters(case))
        found = first_that_differs(candidates, differs, width)
        if not found:
            return case
        case = found
