"""One ECP5 board's whole build, an engine and USB on a 25F (four minutes of processor); the others are `make bitstreams`."""
from bitstream_whole import whole


def test_a_25f_meets_its_clocks_and_its_record(monkeypatch):
    board, figures, parameters, image = whole("ulx3s-25f", monkeypatch)
    assert sorted(clock["wanted"] for clock in figures["clocks"].values()) == [48, board.engine_mhz]
    assert parameters["CONTEXTS"] == board.contexts
    assert b"LFE5U-25F" in image[:200] and len(image) > 100_000
