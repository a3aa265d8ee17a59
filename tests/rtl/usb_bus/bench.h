// The benches of the USB core on a bus of bits; each is deterministic by its seed.
#pragma once
#include <cstdint>

#include "checks.h"
#include "usb/bit_bus.h"
#include "usb/host.h"

constexpr char kSerial[] = "0123456789ABCDEF";

// Resets and pauses shorter than an operating system's, which would be most of the clocks.
usb::HostOptions quick_host();
// The signal must have been a full-speed device's; unasked: whether it may drive at times that the host does not expect.
void judge_signal(Checks *checks, const usb::WireCounts &c, const char *where, bool faults);

void bench_enumeration(Checks *checks);
void bench_rate(Checks *checks, std::uint64_t bytes);
void bench_offset(Checks *checks, std::uint64_t bytes);
void bench_control(Checks *checks, unsigned requests, std::uint64_t seed);
void bench_rejects(Checks *checks);
void bench_soak(Checks *checks, std::uint64_t bytes, std::uint64_t seed, double seconds);
