# taustream: `make demo`, `make test`, `make` (see README.md). Nothing here but `setup` uses the network.

VERSION    := 0.1.0
ABI        := 0
BUILD      ?= build
PREFIX     ?= /usr/local
DESTDIR    ?=
SECONDS    ?= 600
PYTHON     := build/venv/bin/python
PKGS       := jansson cairo libusb-1.0 libserialport libftdi1
CMD_PKGS   := ncursesw hdf5

CC         ?= cc
OPTIMISE   ?= -O2
SANITIZE   ?=
CFLAGS     ?=
CPPFLAGS   ?=
LDFLAGS    ?=
# Evaluated once when first needed, so that `make setup` works before pkg-config is there.
PKG_CFLAGS  = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $$(PKGS)))$(PKG_CFLAGS)
PKG_LIBS    = $(eval PKG_LIBS := $$(shell pkg-config --libs $$(PKGS)))$(PKG_LIBS)

CMD_CFLAGS  = $(eval CMD_CFLAGS := $$(shell pkg-config --cflags-only-I $$(CMD_PKGS)))$(CMD_CFLAGS)
CMD_LIBS    = $(eval CMD_LIBS := $$(shell pkg-config --libs $$(CMD_PKGS)))$(CMD_LIBS)

INCLUDES   := -Ihost/include -Ihost/session -Ihost/model -Ihost
ALL_CFLAGS  = -std=c11 $(OPTIMISE) -g -fPIC -Wall -Wextra -Wconversion $(SANITIZE) $(CFLAGS)
ALL_CPPFLAGS = -D_DEFAULT_SOURCE $(INCLUDES) $(PKG_CFLAGS) -MMD -MP $(CPPFLAGS)
LIBS        = $(PKG_LIBS) -lz -lm -lpthread

LIB_SOURCES := $(sort $(wildcard $(addprefix host/,$(addsuffix /*.c,transport session fit io model))))
CMD_SOURCES := $(sort $(wildcard host/command/*.c host/live/*.c))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o)
CMD_OBJECTS := $(CMD_SOURCES:%.c=$(BUILD)/obj/%.o)
HOST_TESTS  := $(patsubst tests/host/%.c,$(BUILD)/tests/host/%,$(sort $(wildcard tests/host/*.c)))

RTL_DIRS    := $(patsubst %/,%,$(sort $(wildcard rtl/*/)))
RTL_FLAGS   := $(addprefix -I,$(RTL_DIRS)) $(addprefix -y ,$(RTL_DIRS))
RTL_SOURCES := $(sort $(wildcard rtl/*/*.v rtl/*/*.vh))
RTL_TABLES  := $(sort $(wildcard rtl/*/*.hex))
ENGINE_u16  := 1
ENGINE_e18  := 2
ENGINE_e20  := 3
ENGINES     := u16 e18 e20
BOARDS      := $(basename $(notdir $(sort $(wildcard constraints/*.toml))))

.PHONY: all rtl decay-only setup demo test bench gates soak fuzz lint formal generate host-tests fuzz-targets fuzz-build install clean vboard hil test-kernel live-view bitstream bitstreams flash
.DELETE_ON_ERROR:

all: $(BUILD)/taustream $(BUILD)/libtaustream.a $(BUILD)/libtaustream.so

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# Where the model's time goes.
$(BUILD)/obj/host/model/decay_pass.o $(BUILD)/obj/host/model/fit_processor.o: OPTIMISE := $(OPTIMISE:-O2=-O3)

$(BUILD)/libtaustream.a: $(LIB_OBJECTS)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/libtaustream.so: $(LIB_OBJECTS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libtaustream.so.$(ABI) -o $@ $^ $(LIBS)

$(BUILD)/taustream: $(CMD_OBJECTS) $(BUILD)/libtaustream.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(CMD_LIBS) $(LIBS)
$(BUILD)/obj/host/command/export_hdf5.o $(BUILD)/obj/host/live/terminal.o: CFLAGS += $(CMD_CFLAGS)

# One binary a file in tests/host.
host-tests: $(HOST_TESTS)
$(BUILD)/tests/host/%: tests/host/%.c $(BUILD)/libtaustream.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests/host $(TEST_CFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libtaustream.a $(LIBS) $(TEST_LIBS)
# A board under the real libusb.
$(BUILD)/tests/host/usb%: TEST_CFLAGS = $(shell pkg-config --cflags umockdev-1.0 libusbredirparser-0.5)
$(BUILD)/tests/host/usb%: TEST_LIBS = $(shell pkg-config --libs umockdev-1.0 libusbredirparser-0.5)

# One fuzzer a file in tests/fuzz.
fuzz-targets: $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/*.c)))
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libtaustream.a $(BUILD)/obj/host/command/command.o \
    $(BUILD)/obj/host/command/option_values.o $(BUILD)/obj/host/command/outputs.o $(BUILD)/obj/host/command/resume.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(filter %.o,$^) $(BUILD)/libtaustream.a $(LIBS)
fuzz-build:
	$(MAKE) fuzz-targets BUILD=build/fuzz CC=clang OPTIMISE=-O1 \
	  SANITIZE="-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer"

-include $(LIB_OBJECTS:.o=.d) $(CMD_OBJECTS:.o=.d) $(addsuffix .d,$(HOST_TESTS))

# The gateware behind a byte stream: stdin to the device, stdout from it.
rtl: $(BUILD)/taustream-rtl-u16 $(BUILD)/taustream-rtl-e18 $(BUILD)/taustream-rtl-e20 $(BUILD)/taustream-uart-u16 $(BUILD)/rtl-tables/.copied
# The engine's program and tables, read when the simulation starts.
$(BUILD)/rtl-tables/.copied: $(RTL_TABLES)
	@mkdir -p $(@D)
	cp $^ $(@D)
	@touch $@
$(BUILD)/taustream-rtl-%: sim/rtl_device.cpp sim/pins.h sim/tables.h $(RTL_SOURCES)
	@mkdir -p $(BUILD)/verilator-$*
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_top -GENGINE=$(ENGINE_$*) -GWITH_SCLC=1 -GWITH_PHOTON=1 -GWITH_RAW=1 -GPIN_SAMPLES=4 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(BUILD)/verilator-$* -o $(abspath $@) rtl/core/device_top.v $(abspath $<)
# Decay engine alone: a third less to simulate, for the tests that fit by the ten thousand.
decay-only: $(BUILD)/decay-only/taustream-rtl-u16 $(BUILD)/decay-only/taustream-rtl-e18
$(BUILD)/decay-only/taustream-rtl-%: sim/rtl_device.cpp sim/tables.h $(RTL_SOURCES) $(BUILD)/rtl-tables/.copied
	@mkdir -p $(@D) $(BUILD)/verilator-decay-$*
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_top -GENGINE=$(ENGINE_$*) -GWITH_SCLC=0 -GWITH_TA=0 -GWITH_PHOTON=0 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(BUILD)/verilator-decay-$* -o $(abspath $@) rtl/core/device_top.v $(abspath $<)
	ln -sfn ../rtl-tables $(@D)/rtl-tables
# Photons at the pins, no fits.
$(BUILD)/photon-only/taustream-rtl-u16: sim/rtl_device.cpp sim/pins.h sim/tables.h $(RTL_SOURCES) $(BUILD)/rtl-tables/.copied
	@mkdir -p $(@D)
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_top -GENGINE=1 -GWITH_FIT=0 -GCONTEXTS=1 -GWITH_PHOTON=1 -GWITH_RAW=1 -GPIN_SAMPLES=4 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(@D)/verilator -o $(abspath $@) rtl/core/device_top.v $(abspath $<)
	ln -sfn ../rtl-tables $(@D)/rtl-tables
# The small engine, as a UP5K has it, but for the part's cells.
$(BUILD)/small/taustream-rtl-u16: sim/rtl_device.cpp sim/tables.h $(RTL_SOURCES) $(BUILD)/rtl-tables/.copied
	@mkdir -p $(@D)
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_top -GENGINE=1 -GCONTEXTS=1 '-GPASS="serial"' -GPACED=1 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(@D)/verilator -o $(abspath $@) rtl/core/device_top.v $(abspath $<)
	ln -sfn ../rtl-tables $(@D)/rtl-tables
$(BUILD)/small/taustream-uart-u16: sim/uart_device.cpp sim/tables.h $(RTL_SOURCES) $(BUILD)/small/taustream-rtl-u16
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_uart -GENGINE=1 -GCONTEXTS=1 '-GPASS="serial"' -GSHARED=1 "-GUART_DIVIDER=24'd1024" -GIDLE_CLOCKS=4096 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(@D)/verilator-uart -o $(abspath $@) rtl/core/device_uart.v $(abspath $<)
# Three engines, for the tests.
$(BUILD)/engines-3/taustream-rtl-u16: sim/rtl_device.cpp sim/tables.h $(RTL_SOURCES)
	@mkdir -p $(@D)/rtl-tables
	cp $(RTL_TABLES) $(@D)/rtl-tables
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_top -GENGINE=1 -GENGINES=3 -GWITH_SCLC=1 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(@D)/verilator -o $(abspath $@) rtl/core/device_top.v $(abspath $<)
$(BUILD)/engines-3/taustream-uart-u16: sim/uart_device.cpp sim/tables.h $(RTL_SOURCES) $(BUILD)/engines-3/taustream-rtl-u16
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_uart -GENGINE=1 -GENGINES=3 "-GUART_DIVIDER=24'd1024" -GIDLE_CLOCKS=4096 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(@D)/verilator-uart -o $(abspath $@) rtl/core/device_uart.v $(abspath $<)
# Engines fed from a memory, for the bench: replay-ENGINES-CONTEXTS, or replay-ENGINES-CONTEXTS-PASS.
$(BUILD)/replay-%/bench: $(sort $(wildcard tests/rtl/replay/*)) $(RTL_SOURCES) $(BUILD)/libtaustream.a
	@mkdir -p $(@D)
	rm -f $@
	cp $(RTL_TABLES) $(@D)
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) -y tests/rtl/replay --top-module replay_bench -GENGINES=$(word 1,$(subst -, ,$*)) \
	  -GCONTEXTS=$(word 2,$(subst -, ,$*)) '-GPASS="$(or $(word 3,$(subst -, ,$*)),ring)"' -CFLAGS "-O2 -Wall -Wextra -std=c++17 $(INCLUDES:-I%=-I$(CURDIR)/%)" -LDFLAGS "$(abspath $(BUILD)/libtaustream.a) -lz" \
	  --Mdir $(@D)/verilator -o $(abspath $@) tests/rtl/replay/replay_bench.v $(abspath tests/rtl/replay/bench.cpp)
# The same on a serial line: a pseudo-terminal or a socket to the pins.
$(BUILD)/taustream-uart-%: sim/uart_device.cpp sim/tables.h $(RTL_SOURCES)
	@mkdir -p $(BUILD)/verilator-uart-$*
	sim/verilate --cc --exe --build -O3 -Wall $(RTL_FLAGS) --top-module device_uart -GENGINE=$(ENGINE_$*) -GWITH_PHOTON=1 "-GUART_DIVIDER=24'd1024" -GIDLE_CLOCKS=4096 \
	  -CFLAGS "-O2 -Wall -Wextra -std=c++17" --Mdir $(BUILD)/verilator-uart-$* -o $(abspath $@) rtl/core/device_uart.v $(abspath $<)

# The virtual USB board.
CXX         ?= c++
VBOARD_SOURCES := $(sort $(wildcard sim/usb/*.cpp sim/vboard/*.cpp))
VBOARD_OBJECTS := $(VBOARD_SOURCES:%.cpp=$(BUILD)/obj/%.o)
UMOCKDEV_CFLAGS = $(eval UMOCKDEV_CFLAGS := $$(shell pkg-config --cflags umockdev-1.0 libusbredirparser-0.5))$(UMOCKDEV_CFLAGS)
UMOCKDEV_LIBS   = $(eval UMOCKDEV_LIBS := $$(shell pkg-config --libs umockdev-1.0 libusbredirparser-0.5))$(UMOCKDEV_LIBS)

vboard: $(BUILD)/taustream-vboard $(BUILD)/rtl-tables/.copied
$(BUILD)/obj/sim/%.o: sim/%.cpp
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(OPTIMISE) -g -Wall -Wextra -Wconversion $(SANITIZE) -Isim -Ihost -Ihost/session $(UMOCKDEV_CFLAGS) -MMD -MP -c -o $@ $<
-include $(VBOARD_OBJECTS:.o=.d)

# Verilated gateware to be linked into programs: a library $(BUILD)/verilated/TOP.a each, and Verilator's own part.
VERILATOR_INCLUDE = $(eval VERILATOR_INCLUDE := $$(shell verilator --getenv VERILATOR_ROOT)/include)$(VERILATOR_INCLUDE)
VERILATED_RUNTIME := $(BUILD)/verilated/verilated.o $(BUILD)/verilated/verilated_threads.o
$(VERILATED_RUNTIME): $(BUILD)/verilated/%.o:
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -I$(VERILATOR_INCLUDE) -I$(VERILATOR_INCLUDE)/vltstd -c -o $@ $(VERILATOR_INCLUDE)/$*.cpp
$(BUILD)/verilated/usb_device.a: $(RTL_SOURCES)
	@mkdir -p $(@D)/usb_device
	sim/verilate --cc --build -O3 -Wall --noassert $(RTL_FLAGS) --top-module usb_device -CFLAGS -O2 \
	  --Mdir $(@D)/usb_device rtl/usb/usb_device.v
	cp $(@D)/usb_device/Vusb_device__ALL.a $@

BOARD_u16 := -GENGINE=$(ENGINE_u16) -GWITH_SCLC=1 -GWITH_PHOTON=1 -GWITH_RAW=1 -GPIN_SAMPLES=4
BOARD_e18 := -GENGINE=$(ENGINE_e18) -GWITH_SCLC=1 -GWITH_PHOTON=1 -GWITH_RAW=1 -GPIN_SAMPLES=4
# as a UP5K has it, but for the part's cells
BOARD_small := -GENGINE=1 -GCONTEXTS=1 '-GPASS="serial"' -GPACED=1 -GWITH_SCLC=0 -GFIFO_LOG2=0
$(BUILD)/verilated/device_usb_%.a: $(RTL_SOURCES)
	@mkdir -p $(@D)/device_usb_$*
	sim/verilate --cc --build -O3 -Wall --noassert $(RTL_FLAGS) --top-module device_usb $(BOARD_$*) \
	  --prefix Vdevice_usb_$* -CFLAGS -O2 --Mdir $(@D)/device_usb_$* rtl/core/device_usb.v
	cp $(@D)/device_usb_$*/Vdevice_usb_$*__ALL.a $@
# Behind whole packets, with a film at the pins.
$(BUILD)/verilated/device_top_u16.a: $(RTL_SOURCES)
	@mkdir -p $(@D)/device_top_u16
	sim/verilate --cc --build -O3 -Wall --noassert $(RTL_FLAGS) --top-module device_top -GENGINE=$(ENGINE_u16) -GWITH_PHOTON=1 -GWITH_RAW=1 -GPIN_SAMPLES=4 \
	  --prefix Vdevice_top_u16 -CFLAGS -O2 --Mdir $(@D)/device_top_u16 rtl/core/device_top.v
	cp $(@D)/device_top_u16/Vdevice_top_u16__ALL.a $@
BOARD_GATEWARE := $(BUILD)/verilated/device_usb_u16.a $(BUILD)/verilated/device_usb_e18.a $(BUILD)/verilated/device_usb_small.a
$(BUILD)/obj/sim/gateware/board_core.o: sim/gateware/board_core.cpp $(BOARD_GATEWARE)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(OPTIMISE) -g -Wall -Wextra $(SANITIZE) -Isim $(BOARD_GATEWARE:%.a=-I%) -isystem $(VERILATOR_INCLUDE) -MMD -MP -c -o $@ $<

$(BUILD)/obj/sim/gateware/gateware_stream.o: sim/gateware/gateware_stream.cpp $(BUILD)/verilated/device_top_u16.a
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(OPTIMISE) -g -Wall -Wextra $(SANITIZE) -Isim -I$(BUILD)/verilated/device_top_u16 -isystem $(VERILATOR_INCLUDE) -MMD -MP -c -o $@ $<

$(BUILD)/taustream-vboard: $(VBOARD_OBJECTS) $(BUILD)/obj/sim/gateware/board_core.o $(BUILD)/obj/sim/gateware/gateware_stream.o $(BOARD_GATEWARE) \
  $(BUILD)/verilated/device_top_u16.a $(VERILATED_RUNTIME) $(BUILD)/libtaustream.a
	$(CXX) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(UMOCKDEV_LIBS) $(LIBS)

# The USB core on a bus of bits (tests/rtl/usb_bus).
USB_BENCH_SOURCES := $(sort $(wildcard sim/usb/*.cpp tests/rtl/usb_bus/*.cpp)) sim/gateware/usb_core.cpp
$(BUILD)/usb_bus/bench: $(USB_BENCH_SOURCES) $(sort $(wildcard sim/*/*.h tests/rtl/usb_bus/*.h)) $(BUILD)/verilated/usb_device.a \
  $(VERILATED_RUNTIME) $(BUILD)/libtaustream.a
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Isim -Ihost -Ihost/session -I$(BUILD)/verilated/usb_device -isystem $(VERILATOR_INCLUDE) -o $@ \
	  $(USB_BENCH_SOURCES) $(BUILD)/verilated/usb_device.a $(VERILATED_RUNTIME) $(BUILD)/libtaustream.a $(LIBS)

# Fits through the whole board on a bus of bits (tests/rtl/usb_fits).
FITS_BENCH_SOURCES := $(sort $(wildcard tests/rtl/usb_fits/*.cpp))
$(BUILD)/usb_fits/bench: $(FITS_BENCH_SOURCES) $(sort $(wildcard sim/*/*.h tests/rtl/usb_fits/*.h)) $(filter $(BUILD)/obj/sim/usb/%,$(VBOARD_OBJECTS)) \
  $(BUILD)/obj/sim/gateware/board_core.o $(BOARD_GATEWARE) $(VERILATED_RUNTIME) $(BUILD)/libtaustream.a
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Isim $(INCLUDES) -o $@ $(FITS_BENCH_SOURCES) $(filter %.o %.a,$^) $(LIBS)

# A libusb program of the tests'.
$(BUILD)/tests/vboard/probe: tests/vboard/probe.c host/session/protocol.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $$(pkg-config --cflags libusb-1.0) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $$(pkg-config --libs libusb-1.0) -lz

setup:
	tests/setup

demo: setup
	$(MAKE) all rtl
	examples/demo

# as many compilers as there are cores, and as many tests (tests/run)
test: setup
	$(MAKE) -j$$(nproc) -Otarget all rtl decay-only vboard $(BUILD)/engines-3/taustream-uart-u16 $(BUILD)/small/taustream-uart-u16 $(BUILD)/photon-only/taustream-rtl-u16 $(BUILD)/small/taustream-rtl-u16
	$(PYTHON) tests/run

# The same tests on the model, simulated gateware, a virtual board or a real one: see docs/hil.md.
DEVICE      ?= virtual
POWER_CYCLE ?=
HIL_NAME     = $(subst /,_,$(subst :,-,$(DEVICE)))
hil: setup
	$(MAKE) all rtl vboard
	@mkdir -p $(BUILD)/hil
	TAUSTREAM=$(abspath $(BUILD))/taustream TAUSTREAM_POWER_CYCLE="$(POWER_CYCLE)" $(PYTHON) -m pytest -q -p no:cacheprovider tests/hil \
	  --hil-device="$(DEVICE)" -o junit_family=xunit1 --junitxml=$(BUILD)/hil/$(HIL_NAME).xml --hil-summary=$(BUILD)/hil/$(HIL_NAME).txt

# The virtual board under a real kernel, in QEMU.
test-kernel:
	tests/setup qemu-system-x86 busybox-static cpio xz-utils
	$(MAKE) all vboard
	tests/kernel/run --level packet

bench: setup
	$(MAKE) all rtl
	$(PYTHON) tests/bench
	$(PYTHON) tests/accuracy/bench.py
	$(PYTHON) tests/accuracy/live_intervals.py
	$(PYTHON) tests/accuracy/sclc_checks.py --full
	SWEEPS=10000 tests/rtl/sclc/run.sh
	tests/photon/counts 10000000
	for e in u16 e18; do $(PYTHON) tests/photon/latency.py --engine $$e; done
	tests/rtl/usb_bus/run.sh enumeration rate offset --bytes 1024000
	for e in u16 e18; do for c in 24e6 48e6; do tests/rtl/usb_fits/run.sh --photons 1000000 --engine $$e --clock $$c; done; done

# Netlists after synthesis against the model (about 15 minutes of processor).
gates: setup
	$(MAKE) all
	for p in up5k placed ecp5; do tests/gates/build.sh $$p || exit 1; done
	$(PYTHON) tests/gates/run up5k placed ecp5

soak: setup
	$(MAKE) all rtl decay-only
	$(PYTHON) tests/equality/soak.py --seconds $(SECONDS)
	tests/rtl/usb_bus/run.sh soak --soak-bytes 10000000 --seconds $(SECONDS) --seed $$(date +%s)

fuzz: setup fuzz-build
	tests/fuzz/run seconds $(SECONDS)

# Boards: constraints/*.toml, docs/boards.md. BOARD=... SERIAL=...
SERIAL      ?= 0000000000000001
bitstream: setup
	constraints/build.py build $(BOARD) --serial $(SERIAL)
bitstreams: setup
	constraints/build.py all
flash:
	constraints/build.py flash $(BOARD)

lint:
	tests/run lint

# Proofs by induction (tests/formal).
formal:
	$(PYTHON) tests/formal/run --all

generate:
	protocol/generate.py
	python3 rtl/fit/program/assemble.py
	python3 rtl/sclc/program/assemble.py
	rtl/usb/descriptors/generate.py

# The picture of docs/live.md and the README: the view at the end of a simulated measurement.
live-view: all
	$(BUILD)/taustream live sim:drift,seed=1 --irf-gauss 500ps --frame 200ms --backend model --speed max --quiet --snapshot docs/live.svg

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include
	install -m 755 $(BUILD)/taustream $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/libtaustream.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(BUILD)/libtaustream.so $(DESTDIR)$(PREFIX)/lib/libtaustream.so.$(VERSION)
	ln -sf libtaustream.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libtaustream.so.$(ABI)
	ln -sf libtaustream.so.$(ABI) $(DESTDIR)$(PREFIX)/lib/libtaustream.so
	install -m 644 host/include/taustream.h $(DESTDIR)$(PREFIX)/include/
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' 'Name: taustream' \
	  'Description: lifetimes from time-resolved measurements' 'Version: $(VERSION)' 'Libs: -L$${libdir} -ltaustream' \
	  'Libs.private: -lz -lm -lpthread' 'Requires.private: $(PKGS)' 'Cflags: -I$${includedir}' \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/taustream.pc
	install -d $(DESTDIR)$(PREFIX)/lib/udev/rules.d
	install -m 644 host/transport/70-taustream.rules $(DESTDIR)$(PREFIX)/lib/udev/rules.d/
	for d in $(ENGINES); do if [ -x $(BUILD)/taustream-rtl-$$d ]; then \
	  install -d $(DESTDIR)$(PREFIX)/share/taustream/rtl-tables; \
	  install -m 644 $(RTL_TABLES) $(DESTDIR)$(PREFIX)/share/taustream/rtl-tables/; \
	  install -m 755 $(BUILD)/taustream-rtl-$$d $(DESTDIR)$(PREFIX)/bin/; fi; done
	for b in $(BOARDS); do for i in $(BUILD)/boards/$$b/$$b.bin $(BUILD)/boards/$$b/$$b.bit; do if [ -e "$$i" ]; then \
	  install -d $(DESTDIR)$(PREFIX)/share/taustream/bitstreams; \
	  install -m 644 "$$i" $(DESTDIR)$(PREFIX)/share/taustream/bitstreams/; fi; done; done
	for m in docs/man/*.1; do if [ -e "$$m" ]; then install -d $(DESTDIR)$(PREFIX)/share/man/man1; \
	  install -m 644 "$$m" $(DESTDIR)$(PREFIX)/share/man/man1/; fi; done

clean:
	rm -rf build
