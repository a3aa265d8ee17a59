#!/usr/bin/env python3
"""The netlist that nextpnr-ice40 writes after place and route (--write), as Verilog for a simulator.

    placed.py PLACED.json OUT.v

Of logic cells their lookup table, carry and flip-flop are written out; memories, multipliers and single-port RAMs become yosys' cells
(ice40/cells_sim.v); pads, global buffers and the PLL are wires (the clock is the pin's). An input without a net is what the part makes of it: a clock
enable is high, anything else low. A cell of another type, or one in a mode that is not written here, is an error.
"""
import json
import re
import sys

ENABLES = {"CEN", "CE", "RCLKE", "WCLKE"}
# nextpnr's cell: yosys' cell
WHOLE = {"ICESTORM_RAM": "SB_RAM40_4K", "ICESTORM_DSP": "SB_MAC16", "ICESTORM_SPRAM": "SB_SPRAM256KA"}
LEFT_OUT = {"SB_RGBA_DRV"}
RENAMED = {"NEG_CLK_R": None, "NEG_CLK_W": None}
PIN_IN, PIN_OUT = 0b000001, 0b011001


def flat(value):
    return int(value.replace("x", "0"), 2)


class Netlist:
    def __init__(self, module):
        self.module = module
        self.ports = {p["bits"][0]: name for name, p in module["ports"].items()}
        self.carries = {bits[0] for c in module["cells"].values() if c["type"] == "ICESTORM_LC" and (bits := c["connections"].get("COUT"))}
        self.wires, self.lines = set(), []

    def net(self, cell, port):
        bits = cell["connections"].get(port, [])
        if not bits:
            return "1'b1" if port in ENABLES else "1'b0"
        if isinstance(bits[0], str):
            return f"1'b{bits[0].replace('x', '0')}"
        self.wires.add(bits[0])
        return f"n{bits[0]}"

    def driven(self, cell, port):
        """The net of an output, or None."""
        return self.net(cell, port) if cell["connections"].get(port) else None

    def chain(self, cell):
        """The port that names the carry that comes in. A cell that nextpnr puts into a chain to lead a carry out has it at I3 alone: the chain's wire is none of its nets."""
        if cell["connections"].get("CIN") or not cell["connections"].get("I3"):
            return "CIN"
        return "I3" if cell["connections"]["I3"][0] in self.carries else "CIN"

    def logic(self, number, cell):
        p = {k: flat(v) for k, v in cell["parameters"].items() if k != "LUT_INIT"}
        i = [self.net(cell, f"I{n}") for n in range(4)]
        if p["NEG_CLK"]:
            raise ValueError("a falling clock")
        out, carry, past = (self.driven(cell, port) for port in ("O", "COUT", "LO"))
        if out or past:
            self.lines.append(f"wire l{number} = 16'b{cell['parameters']['LUT_INIT'].replace('x', '0')} >> {{{i[3]}, {i[2]}, {i[1]}, {i[0]}}};")
        if past:
            self.lines.append(f"assign {past} = l{number};")
        if carry:
            into = f"1'b{p['CIN_SET']}" if p["CIN_CONST"] else self.net(cell, self.chain(cell))
            self.lines.append(f"assign {carry} = ({i[1]} & {i[2]}) | (({i[1]} | {i[2]}) & {into});")
            if not p["CARRY_ENABLE"]:
                raise ValueError("a carry that is not enabled")
        if not out:
            return
        if not p["DFF_ENABLE"]:
            self.lines.append(f"assign {out} = l{number};")
            return
        clock, enable, reset, value = self.net(cell, "CLK"), self.net(cell, "CEN"), self.net(cell, "SR"), p["SET_NORESET"]
        # a flip-flop of this part is low at power-up
        self.lines.append(f"reg q{number} = 1'b0; assign {out} = q{number};")
        if p["ASYNC_SR"]:
            self.lines.append(f"always @(posedge {clock} or posedge {reset}) if ({reset}) q{number} <= 1'b{value}; else if ({enable}) q{number} <= l{number};")
        else:
            self.lines.append(f"always @(posedge {clock}) if ({enable}) q{number} <= {reset} ? 1'b{value} : l{number};")

    def whole(self, number, cell):
        buses = {}
        for port in cell["port_directions"]:
            name, index = re.fullmatch(r"(.*?)(?:_(\d+))?", port).groups()
            buses.setdefault(name, {})[int(index or 0)] = port
        pins = []
        for name, bits in buses.items():
            output = cell["port_directions"][next(iter(bits.values()))] == "output"
            nets = []
            for n in sorted(bits, reverse=True):
                net = self.driven(cell, bits[n]) if output else self.net(cell, bits[n])
                if net is None:
                    net = f"u{number}_{bits[n]}"
                    self.lines.append(f"wire {net};")
                nets.append(net)
            pins.append(f".{name}({{{', '.join(nets)}}})")
        parameters = []
        for name, value in cell["parameters"].items():
            if name in RENAMED:
                if flat(value):
                    raise ValueError(f"{name} {value}")
                continue
            parameters.append(f".{name}({len(value)}'b{value.replace('x', '0')})")
        self.lines.append(f"{WHOLE[cell['type']]} #({', '.join(parameters)}) c{number} ({', '.join(pins)});")

    def pad(self, cell):
        kind = flat(cell["parameters"]["PIN_TYPE"])
        port = self.ports[cell["connections"]["PACKAGE_PIN"][0]]
        if kind == PIN_OUT:
            self.lines.append(f"assign {port} = {self.net(cell, 'D_OUT_0')};")
        elif kind == PIN_IN:
            if net := self.driven(cell, "D_IN_0"):
                self.lines.append(f"assign {net} = {port};")
        else:
            raise ValueError(f"pin type {kind:06b}")

    def buffer(self, cell):
        out = self.driven(cell, "GLOBAL_BUFFER_OUTPUT")
        # what the PLL drives has no net before its buffer
        source = self.net(cell, "USER_SIGNAL_TO_GLOBAL_BUFFER") if cell["connections"].get("USER_SIGNAL_TO_GLOBAL_BUFFER") else "clk_in"
        self.lines.append(f"assign {out} = {source};")

    def verilog(self):
        for number, (name, cell) in enumerate(self.module["cells"].items()):
            try:
                if cell["type"] == "ICESTORM_LC":
                    self.logic(number, cell)
                elif cell["type"] in WHOLE:
                    self.whole(number, cell)
                elif cell["type"] == "SB_IO":
                    self.pad(cell)
                elif cell["type"] == "SB_GB":
                    self.buffer(cell)
                elif cell["type"] == "ICESTORM_PLL":
                    self.lines.append(f"assign {self.net(cell, 'LOCK')} = 1'b1;")
                elif cell["type"] not in LEFT_OUT:
                    raise ValueError("a cell that is not written here")
            except ValueError as e:
                raise SystemExit(f"placed.py: {name}: {cell['type']}: {e}") from e
        ports = [f"{p['direction']} wire {name}" for name, p in self.module["ports"].items()]
        nets = [f"wire n{n};" for n in sorted(self.wires)]
        return "\n".join([f"module placed ({', '.join(ports)});", *nets, *self.lines, "endmodule", ""])


def main(source, target):
    with open(source, encoding="utf-8") as f:
        modules = json.load(f)["modules"]
    module = next(m for m in modules.values() if m.get("attributes", {}).get("top"))
    with open(target, "w", encoding="utf-8") as f:
        f.write(Netlist(module).verilog())


if __name__ == "__main__":
    main(*sys.argv[1:])
