#!/usr/bin/env python3
"""Cells of each module of a netlist whose hierarchy was kept (parts.sh): parts.py NETLIST.json"""
import json
import re
import sys
from collections import Counter

KINDS = {"SB_RAM40_4K": "EBR", "SB_MAC16": "DSP", "SB_SPRAM256KA": "SPRAM"}
COLUMNS = ["cells", "tables", "flip-flops", "EBR", "DSP", "SPRAM"]


def own(module, modules):
    """Cells of the module itself, and its instances."""
    made_by, readers = {}, Counter(bit for port in module["ports"].values() if port["direction"] == "output" for bit in port["bits"])
    for cell in module["cells"].values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"].get(port) == "output":
                made_by.update(dict.fromkeys(bits, cell["type"]))
            else:
                readers.update(bits)
    found, instances = Counter(), []
    for name, cell in module["cells"].items():
        kind = cell["type"]
        if kind == "SB_LUT4":
            found.update(("cells", "tables"))
        elif kind.startswith("SB_DFF"):
            data = cell["connections"]["D"][0]
            found["flip-flops"] += 1
            # one that is behind a table which nothing else reads lies in its cell
            found["cells"] += not (made_by.get(data) == "SB_LUT4" and readers[data] == 1)
        elif kind in modules and not modules[kind]["attributes"].get("blackbox"):
            instances.append((name, kind))
        else:
            found[next((known for prefix, known in KINDS.items() if kind.startswith(prefix)), "other")] += 1
    return found, instances


def show(name, kind, modules, depth=0):
    """Prints a row for the instance, then its parts; returns all that is in it."""
    found, instances = own(modules[kind], modules)
    at = len(rows)
    rows.append(None)
    total = sum((show(*instance, modules, depth + 1) for instance in sorted(instances)), Counter(found))
    plain = re.sub(r"^\$paramod(\$[0-9a-f]+)?\\", "", kind).split("\\")[0]
    rows[at] = f"| {'. ' * depth}{name} | {plain} | {found['cells']} | " + " | ".join(str(total[c]) for c in COLUMNS) + " |"
    return total


rows = []
parts = json.load(open(sys.argv[1], encoding="utf-8"))["modules"]
top = next(n for n, m in parts.items() if m["attributes"].get("top"))
show(top, top, parts)
print("| instance | module | own cells | with its parts: " + " | ".join(COLUMNS) + " |")
print("|" + "---|" * (3 + len(COLUMNS)))
print("\n".join(rows))
