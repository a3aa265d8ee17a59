#include "options.h"

#include <getopt.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "pins.h"

namespace {

constexpr int kUsage = 2;
constexpr std::size_t kSerialCharacters = 16;

constexpr char kHelp[] =
    "Usage: taustream-vboard [OPTION]... -- COMMAND [ARGUMENT]...\n"
    "       taustream-vboard --socket PATH | --usb-redir PATH [OPTION]... [-- COMMAND [ARGUMENT]...]\n"
    "A virtual USB board. COMMAND and what it starts see it through the unmodified libusb, as if it were plugged in; the exit\n"
    "code is COMMAND's. Needs no rights, no kernel USB and no hardware (Debian: umockdev).\n"
    "  --level packet|bit     packet: whole packets to a device in C++ with the engine's integer model behind it, no gateware, fast.\n"
    "                         bit: the simulated gateware (rtl/core/device_usb.v), every bit on its two wires (default packet)\n"
    "  --engine u16|e18       word lengths (default u16); small, at bit level: u16 as a UP5K has it, with one fit in flight\n"
    "  --serial S             serial number, 16 characters (default 0000000000000001); given again: one more board\n"
    "  --socket PATH          no libusb: a unix stream socket that carries the board's byte stream (--backend socket:PATH), one\n"
    "                         connection at a time; the bytes still go through the simulated USB\n"
    "  --usb-redir PATH       no libusb: a unix stream socket for one QEMU -device usb-redir\n"
    "  --unplug-after N,...   unplug the first board when N bulk bytes (both ways) have moved since it was plugged in; the second\n"
    "                         number is for the next time, and so on\n"
    "  --replug-after MS      plug it in again so much later, by the clock on the wall (default 100); 'never': stays unplugged\n"
    "  --start-unplugged      the boards come --replug-after MS after the start\n"
    "  --wedge-after N,...    from N bulk bytes on both bulk endpoints only say NAK, until a LINK_RESET, a reset or an unplug\n"
    "  --loss P               probability that a packet is lost, at bit level damaged (default 0)\n"
    "  --ppm X --jitter NS    bit level: offset of the host's clock, jitter between consecutive edges (default 0)\n"
    "  --clock HZ             bit level: the engine's clock; the USB core has 48 MHz (default 24e6)\n"
    "  --pins NAME=VALUE,...  a film shines at the board's pins (sim/pins.h), four samples a clock; at packet level the gateware (rtl/core/device_top.v,\n"
    "                         u16) stands behind the packets in place of the model, so many of its clocks a second of bus time as --clock says\n"
    "  --seed N               of everything random (default 1)\n"
    "  --preload LIBRARY      into COMMAND's LD_PRELOAD before what this program needs there (AddressSanitizer's runtime)\n"
    "  --stats FILE.json      at the end: bus time, transactions, errors, unplugs\n"
    "  --quiet                do not say what kind of board this is\n"
    "  --help\n";

bool wrong(int *code, const char *option, const char *value, const char *expected) {
  std::fprintf(stderr, "taustream-vboard: %s: '%s', expected %s\n", option, value, expected);
  *code = kUsage;
  return false;
}

bool number(const char *text, double low, double high, double *x) {
  char *end;
  errno = 0;
  *x = std::strtod(text, &end);
  return !errno && end != text && !*end && *x >= low && *x <= high;
}

bool list(const char *text, std::vector<std::uint64_t> *out) {
  out->clear();
  for (;;) {
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9') return false;
    out->push_back(std::strtoull(text, &end, 10));
    if (errno || (*end && *end != ',')) return false;
    if (!*end) return true;
    text = end + 1;
  }
}

}  // namespace

bool parse_options(int argc, char **argv, Options *o, int *code) {
  enum { kLevel = 256, kEngine, kSerial, kSocket, kRedir, kUnplug, kReplug, kStartUnplugged, kWedge, kLoss, kPpm, kJitter, kClock, kSeed, kPins, kPreload, kStats,
         kQuiet, kHelpOption };
  static const option table[] = {{"level", 1, nullptr, kLevel}, {"engine", 1, nullptr, kEngine}, {"serial", 1, nullptr, kSerial},
                                 {"socket", 1, nullptr, kSocket},
                                 {"usb-redir", 1, nullptr, kRedir}, {"unplug-after", 1, nullptr, kUnplug}, {"replug-after", 1, nullptr, kReplug},
                                 {"start-unplugged", 0, nullptr, kStartUnplugged}, {"wedge-after", 1, nullptr, kWedge},
                                 {"loss", 1, nullptr, kLoss}, {"ppm", 1, nullptr, kPpm}, {"jitter", 1, nullptr, kJitter},
                                 {"clock", 1, nullptr, kClock}, {"seed", 1, nullptr, kSeed}, {"pins", 1, nullptr, kPins}, {"preload", 1, nullptr, kPreload},
                                 {"stats", 1, nullptr, kStats}, {"quiet", 0, nullptr, kQuiet}, {"help", 0, nullptr, kHelpOption}, {}};
  double x = 0;
  for (int k; (k = getopt_long(argc, argv, "+", table, nullptr)) != -1;) {
    const std::string value = optarg ? optarg : "";
    switch (k) {
      case kLevel:
        if (value != "packet" && value != "bit") return wrong(code, "--level", optarg, "packet or bit");
        o->level = value;
        break;
      case kEngine:
        if (value != "u16" && value != "e18" && value != "small") return wrong(code, "--engine", optarg, "u16, e18 or small");
        o->engine = value;
        break;
      case kSerial:
        if (value.size() != kSerialCharacters || value.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
          return wrong(code, "--serial", optarg, "16 hexadecimal characters");
        o->serials.push_back(value);
        break;
      case kSocket: o->socket = value; break;
      case kRedir: o->redir = value; break;
      case kUnplug:
        if (!list(optarg, &o->unplug_after)) return wrong(code, "--unplug-after", optarg, "numbers of bytes with commas between them");
        break;
      case kReplug:
        o->stay_unplugged = value == "never";
        if (!o->stay_unplugged && !number(optarg, 0, 1e6, &x)) return wrong(code, "--replug-after", optarg, "milliseconds, at most 1e6, or never");
        o->replug_ms = static_cast<unsigned>(x);
        break;
      case kStartUnplugged: o->start_unplugged = true; break;
      case kWedge:
        if (!list(optarg, &o->wedge_after)) return wrong(code, "--wedge-after", optarg, "numbers of bytes with commas between them");
        break;
      case kLoss:
        if (!number(optarg, 0, 0.9, &o->loss)) return wrong(code, "--loss", optarg, "a probability of at most 0.9");
        break;
      case kPpm:
        if (!number(optarg, -10000, 10000, &o->ppm)) return wrong(code, "--ppm", optarg, "a number within +-10000");
        break;
      case kJitter:
        if (!number(optarg, 0, 40, &o->jitter_ns)) return wrong(code, "--jitter", optarg, "nanoseconds, at most 40");
        break;
      case kClock:
        if (!number(optarg, 1e6, 1e9, &o->clock_hz)) return wrong(code, "--clock", optarg, "hertz, 1e6 to 1e9");
        break;
      case kSeed: o->seed = std::strtoull(optarg, nullptr, 0); break;
      case kPins:
        if (sim::Pins pins; !pins.set(value)) return wrong(code, "--pins", optarg, sim::Pins::kExpected + std::strlen("expected "));
        o->pins = value;
        break;
      case kPreload: o->preload.push_back(value); break;
      case kStats: o->stats = value; break;
      case kQuiet: o->quiet = true; break;
      case kHelpOption:
        std::fputs(kHelp, stdout);
        *code = 0;
        return false;
      default:
        std::fputs("taustream-vboard: --help tells what there is\n", stderr);
        *code = kUsage;
        return false;
    }
  }
  if (optind < argc) o->command = argv + optind;
  if (!o->command && o->socket.empty() && o->redir.empty()) {
    std::fputs("taustream-vboard: expected `-- COMMAND`, --socket PATH or --usb-redir PATH; --help tells more\n", stderr);
    *code = kUsage;
    return false;
  }
  if (!o->pins.empty() && o->level == "packet" && o->engine != "u16") return wrong(code, "--engine", o->engine.c_str(), "u16 for --pins at packet level");
  if (o->serials.empty()) o->serials.emplace_back("0000000000000001");
  if (!o->socket.empty() && !o->redir.empty()) return wrong(code, "--usb-redir", o->redir.c_str(), "either that or --socket");
  if ((!o->socket.empty() || !o->redir.empty()) && o->serials.size() > 1) return wrong(code, "--serial", o->serials[1].c_str(), "one board on a socket");
  return true;
}
