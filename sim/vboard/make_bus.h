// A bus with a fresh board on it, at the level that the options name.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "options.h"
#include "usb/bus.h"

// Null: *error says why.
std::unique_ptr<usb::Bus> make_bus(const Options &o, const std::string &serial, std::uint64_t seed, std::string *error);

// Bit times without progress after which a board that has nothing to do will do nothing.
double quiet_bits(const Options &o);

// What the board is, for people.
std::string describe(const Options &o);
