#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const char help_text[] =
  "Usage: taustream COMMAND [options]\n"
  "\n"
  "Lifetimes from photon-count histograms and trap densities from current-voltage sweeps, on a device: the integer model, the simulated gateware, a board.\n"
  "\n"
  "Commands:\n"
  "  trpl FILE...       multi-exponential fit of photon-count histograms\n"
  "  ta FILE...         transient-absorption fit of a trace or a delay x wavelength matrix\n"
  "  sclc FILE...       trap-filled limit, trap density and mobility from J-V sweeps\n"
  "  live SOURCE        fits photons while they arrive: boards, time tags, recordings, simulations\n"
  "  export FILE.tsr    a recording as HDF5 or CSV\n"
  "  simulate trpl|ta|sclc  synthetic data with known truth\n"
  "  devices            what is attached\n"
  "  info               what a device can do\n"
  "  selftest           whether it works\n"
  "\n"
  "taustream COMMAND --help shows the options of a command, taustream --version the version.\n"
  "\n"
  "Exit: 0 every input has its record, 1 an input or the device failed, 2 wrong usage, 130 after Ctrl-C.\n";

typedef struct command {
  const char *name;
  int (*run)(int argc, const char **argv);
} command;

int main(int argc, char **argv)
{
  static const command commands[] = {
    {"trpl", command_trpl}, {"ta", command_ta}, {"sclc", command_sclc}, {"live", command_live}, {"export", command_export},
    {"simulate", command_simulate}, {"devices", command_devices}, {"info", command_info}, {"selftest", command_selftest},
  };
  signal(SIGXFSZ, SIG_IGN);   /* a file that may not grow is a write that fails, told as any other */
  if (argc < 2) {
    fputs(help_text, stderr);
    return EXIT_USAGE;
  }
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help") || !strcmp(argv[1], "--usage")) {
    fputs(help_text, stdout);
    return fflush(stdout) ? EXIT_INPUT : EXIT_DONE;
  }
  if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
    printf("taustream %s\n", ts_version());
    return EXIT_DONE;
  }
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (!strcmp(argv[1], commands[i].name)) return commands[i].run(argc - 1, (const char **)(argv + 1));
  if (argv[1][0] == '-') return complain(EXIT_USAGE, "unknown option %s: see taustream --help", argv[1]);
  return complain(EXIT_USAGE, "unknown command '%.60s': expected trpl, ta, sclc, live, export, simulate, devices, info or selftest", argv[1]);
}
