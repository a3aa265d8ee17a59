"""PLL settings of a board, from icepll and ecppll: the top's parameters. What they achieve is compared with what the board asks for."""
import re
import subprocess

from description import ROOT, USB_MHZ, BoardError

# the engine's clock may differ by this from the description, the bus's not at all
TOLERANCE = 1e-6


def tool(name):
    """A program of the project's environment, else of the machine."""
    own = ROOT / "build/venv/bin" / f"yowasp-{name}"
    return str(own) if own.exists() else name


def run(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as e:
        raise BoardError(f"{command[0]} is not there: run `make setup`") from e
    if done.returncode:
        raise BoardError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def expect(board, what, wanted, achieved):
    if abs(achieved / wanted - 1) > TOLERANCE:
        raise BoardError(f"{board.path}: {what} {wanted} MHz cannot be made of {board.clock_mhz} MHz, the PLL gives {achieved} MHz")


def ice40(board, folder):
    wanted = USB_MHZ if board.transport == "usb" else board.engine_mhz
    if board.transport == "usb":
        expect(board, "engine_mhz", board.engine_mhz, USB_MHZ / 2)
    if wanted == board.clock_mhz:
        return {"PLL": 0}, wanted
    text = run(["icepll", "-i", str(board.clock_mhz), "-o", str(wanted)], folder)
    achieved = float(re.search(r"F_PLLOUT:\s+([\d.]+) MHz \(achieved\)", text)[1])
    expect(board, "clock", wanted, achieved)
    values = {n: int(re.search(rf"^{n}:\s+(\d+)", text, re.M)[1]) for n in ("DIVR", "DIVF", "DIVQ", "FILTER_RANGE")}
    widths = {"DIVR": 4, "DIVF": 7, "DIVQ": 3, "FILTER_RANGE": 3}
    return {"PLL": 1, **{f"PLL_{n}": f"{widths[n]}'d{v}" for n, v in values.items()}}, achieved


def ecp5(board, folder):
    command = [tool("ecppll"), "--clkin", str(board.clock_mhz), "--clkout0", str(board.pll_feedback_mhz or USB_MHZ), "--clkout1", str(USB_MHZ), "--clkout2",
               str(board.engine_mhz), "-f", "pll.v"]
    run(command, folder)
    text = (folder / "pll.v").read_text(encoding="utf-8")
    number = {n: int(re.search(rf"\.{n}\((\d+)\)", text)[1]) for n in
              ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOP_CPHASE", "CLKOS_DIV", "CLKOS_CPHASE", "CLKOS2_DIV", "CLKOS2_CPHASE")}
    if '.FEEDBK_PATH("CLKOP")' not in text:
        raise BoardError(f"{board.path}: ecppll's feedback is not CLKOP")
    vco = board.clock_mhz / number["CLKI_DIV"] * number["CLKFB_DIV"] * number["CLKOP_DIV"]
    if not 400 <= vco <= 800:
        raise BoardError(f"{board.path}: VCO at {vco} MHz, expected 400 to 800")
    expect(board, "usb_mhz", USB_MHZ, vco / number["CLKOS_DIV"])
    achieved = vco / number["CLKOS2_DIV"]
    expect(board, "engine_mhz", board.engine_mhz, achieved)
    return {"PLL_IN_DIV": number["CLKI_DIV"], "PLL_FB_DIV": number["CLKFB_DIV"], "PLL_OP_DIV": number["CLKOP_DIV"], "PLL_OP_PHASE": number["CLKOP_CPHASE"],
            "PLL_OS_DIV": number["CLKOS_DIV"], "PLL_OS_PHASE": number["CLKOS_CPHASE"], "PLL_OS2_DIV": number["CLKOS2_DIV"],
            "PLL_OS2_PHASE": number["CLKOS2_CPHASE"]}, achieved


def settings(board, folder):
    """Parameters of the top, and the clock that the PLL gives (the engine's, or the bus's on an iCE40 with USB), in MHz."""
    return (ice40 if board.family == "ice40" else ecp5)(board, folder)
