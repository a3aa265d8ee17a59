/* What the sub-commands of `taustream` share. */
#ifndef TAUSTREAM_COMMAND_H
#define TAUSTREAM_COMMAND_H
#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/taustream.h"
#include "../io/quantity.h"
#include "outputs.h"

enum { EXIT_DONE = 0, EXIT_INPUT = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

typedef struct common_options {
  char *backend, *engine;
  bool json, quiet, verbose;
} common_options;

int command_trpl(int argc, const char **argv);
int command_live(int argc, const char **argv);
int command_export(int argc, const char **argv);
int command_simulate(int argc, const char **argv);
int command_simulate_sclc(int argc, const char **argv);
int command_simulate_ta(int argc, const char **argv);
int command_sclc(int argc, const char **argv);
int command_ta(int argc, const char **argv);
int command_devices(int argc, const char **argv);
int command_info(int argc, const char **argv);
int command_selftest(int argc, const char **argv);

/* `taustream: ` and the message on stderr; returns code. */
int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Result of reading a command's options: go on, or leave with a code (after --help, --version, a wrong option). */
typedef enum parsed { PARSED_GO, PARSED_LEAVE } parsed;
/* Called for every option with its key; text is its argument or NULL. False: it has complained. */
typedef bool (*option_taker)(void *context, int key, const char *text);

/* Reads argv by the table with argp; argv[0] is the command's name. arguments and help are shown by --help. The remaining arguments
 * are returned in *rest: NULL-terminated, to be freed (the array, not the strings). */
parsed parse_options(int argc, const char **argv, const struct argp_option *table, const char *arguments, const char *help,
                     option_taker take, void *context, const char ***rest, int *code);

/* Values of options; false after a complaint that names the option. */
bool take_time(const char *option, const char *text, double *seconds);
bool take_positive_time(const char *option, const char *text, double *seconds);
bool take_number(const char *option, const char *text, double least, double *value);
bool take_count(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *value);
bool take_choice(const char *option, const char *text, const char *const *choices, char **value);
/* A quantity with its unit (`500nm`, `0.09cm2`), not negative; with `positive` more than zero. */
bool take_quantity(const char *option, ts_quantity kind, const char *text, bool positive, double *value);
/* `1ns,4ns`: at most max; returns how many in *n. */
bool take_times(const char *option, const char *text, double *seconds, size_t max, size_t *n);
bool take_numbers(const char *option, const char *text, double *values, size_t max, size_t *n);   /* not negative */
bool take_signed_numbers(const char *option, const char *text, double *values, size_t max, size_t *n);

/* Options that all commands have; the keys of a command begin at OPTION_FIRST. */
enum { OPTION_BACKEND = 256, OPTION_ENGINE, OPTION_JSON, OPTION_USAGE, OPTION_CSV, OPTION_CURVE, OPTION_PLOT, OPTION_STATS, OPTION_FIRST };
bool take_common(common_options *c, int key, const char *text, bool *mine);
void common_options_free(common_options *c);
#define COMMON_OPTIONS                                                                        \
  {"backend", OPTION_BACKEND, "NAME", 0, "the device: auto (default: a USB board if there is one, else model), model, rtl, usb[:SERIAL], uart:PATH, socket:PATH", 1},          \
  {"engine", OPTION_ENGINE, "NAME", 0, "word lengths: e18 (default), u16, or e20 (as e18, with 20 bits for transient absorption); a board has its own", 1}, \
  {"json", OPTION_JSON, NULL, 0, "JSON on standard output", 1},                                 \
  {"quiet", 'q', NULL, 0, "errors only", 1},                                                    \
  {"verbose", 'v', NULL, 0, "say what is done", 1}

/* Files that the commands which fit write, NULL: none. Keys and table; the names in it are of the command. */
typedef struct output_options { char *csv, *curve, *plot, *stats; } output_options;
bool take_output(output_options *o, int key, const char *text, bool *mine);
void output_options_free(output_options *o);
#define OUTPUT_OPTIONS(CSV_HOLDS, CURVE_HOLDS, PLOT_HOLDS)   \
  {"csv", OPTION_CSV, "FILE", 0, CSV_HOLDS, 0},              \
  {"curve", OPTION_CURVE, "FILE", 0, CURVE_HOLDS, 0},        \
  {"plot", OPTION_PLOT, "FILE", 0, PLOT_HOLDS, 0},           \
  {"stats", OPTION_STATS, "FILE", 0, "numbers about the run as JSON", 0}
/* Why the outputs do not go together, or with what is read (message, TS_MESSAGE_BYTES); NULL: they do. more: further outputs, ended by an option NULL; may be NULL. */
const char *outputs_wrong(const output_options *o, const common_options *c, const named_file *more, const named_inputs *inputs, char *message);

/* How often standard input is named among the files. */
size_t standard_inputs(const char *const *files);
/* The end of reading options: PARSED_GO when they are good, else the wrong use has been complained about and *rest is freed. */
parsed options_end(bool good, const char ***rest, int *code);

/* The device or the way to it failed, not what was asked of it. */
bool is_device_error(ts_error e);

/* Opens the device that the options name; complains on failure. */
ts_device *open_device(const common_options *c);
#endif
