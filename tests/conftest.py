"""The order of the tests: the files that take long first, else one of them runs at the end while the other cores have nothing to do."""
LONG = ["test_bitstream_ecp5.py", "test_equality.py", "test_bitstream_build.py"]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
