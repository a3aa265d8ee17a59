#include "command.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"
#include "option_values.h"

#define OUTPUTS_MAX 16u

int complain(int code, const char *format, ...)
{
  va_list list;
  fputs("taustream: ", stderr);
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  return code;
}

typedef struct parsing {
  option_taker take;
  void *context;
  const char **rest;
  size_t n;
  char title[64];           /* `taustream trpl` */
  bool wants_help, wants_usage, wants_version, wrong;
} parsing;

static error_t parse_one(int key, char *text, struct argp_state *state)
{
  parsing *p = state->input;
  if (key == 'h') p->wants_help = true;
  else if (key == OPTION_USAGE) p->wants_usage = true;
  else if (key == 'V') p->wants_version = true;
  else if (key == ARGP_KEY_ARG) p->rest[p->n++] = text;
  else if (key >= 0x1000000) return ARGP_ERR_UNKNOWN;   /* argp's own events */
  else if (!p->take(p->context, key, text)) p->wrong = true;
  return p->wants_help || p->wants_usage || p->wants_version || p->wrong ? ECANCELED : 0;
}

parsed parse_options(int argc, const char **argv, const struct argp_option *table, const char *arguments, const char *help,
                     option_taker take, void *context, const char ***rest, int *code)
{
  static const struct argp_option general[] = {
    {"help", 'h', NULL, 0, "this text", -1}, {"usage", OPTION_USAGE, NULL, 0, "the options in short", -1},
    {"version", 'V', NULL, 0, "the version", -1}, {0}};
  size_t n = 0;
  while (table[n].name) n++;
  struct argp_option *all = calloc(n + sizeof general / sizeof *general, sizeof *all);
  const char **words = calloc((size_t)argc + 1, sizeof *words);
  parsing p = {.take = take, .context = context, .rest = calloc((size_t)argc + 1, sizeof *p.rest)};
  *rest = NULL;
  *code = EXIT_INPUT;
  if (all && words && p.rest) {
    memcpy(all, table, n * sizeof *all);
    memcpy(all + n, general, sizeof general);
    memcpy(words, argv, (size_t)argc * sizeof *words);
    snprintf(p.title, sizeof p.title, "taustream %s", argv[0]);
    words[0] = "taustream";
    struct argp argp = {all, parse_one, arguments, help, NULL, NULL, NULL};
    /* ARGP_NO_EXIT: unknown options and missing values are told by argp as `taustream: ...`; the code is ours. */
    error_t e = argp_parse(&argp, argc, (char **)(uintptr_t)words, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, &p);
    *code = e ? EXIT_USAGE : EXIT_DONE;
    if (p.wants_help) argp_help(&argp, stdout, ARGP_HELP_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, p.title);
    if (p.wants_usage) argp_help(&argp, stdout, ARGP_HELP_USAGE, p.title);
    if (p.wants_version) printf("taustream %s\n", ts_version());
    if (p.wants_help || p.wants_usage || p.wants_version) *code = fflush(stdout) ? EXIT_INPUT : EXIT_DONE;
    if (!e) *rest = p.rest;
  } else {
    complain(0, "out of memory");
  }
  free(all);
  free(words);
  if (*rest) return PARSED_GO;
  free(p.rest);
  return PARSED_LEAVE;
}

bool take_time(const char *option, const char *text, double *seconds)
{
  char why[TS_MESSAGE_BYTES];
  if (ts_parse_time(text, seconds, why, sizeof why)) return true;
  complain(0, "%s: %s", option, why);
  return false;
}

bool take_positive_time(const char *option, const char *text, double *seconds)
{
  if (!take_time(option, text, seconds)) return false;
  if (*seconds > 0) return true;
  complain(0, "%s: '%.60s' is not more than zero: expected a positive time", option, text);
  return false;
}

bool take_number(const char *option, const char *text, double least, double *value)
{
  if (!ts_parse_number(text, value)) {
    complain(0, "%s: '%.60s' is not a number: expected a decimal number", option, text);
    return false;
  }
  if (*value >= least) return true;
  complain(0, "%s: '%.60s' is too small: expected at least %g", option, text, least);
  return false;
}

bool take_count(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
  double v;
  if (ts_parse_number(text, &v) && v >= (double)least && v <= (double)most && v == (double)(uint64_t)v) {
    *value = (uint64_t)v;
    return true;
  }
  complain(0, "%s: '%.60s' cannot be used: expected a whole number from %llu to %llu", option, text, (unsigned long long)least,
           (unsigned long long)most);
  return false;
}

bool take_quantity(const char *option, ts_quantity kind, const char *text, bool positive, double *value)
{
  char why[TS_MESSAGE_BYTES];
  if (!ts_parse_quantity(kind, text, value, why, sizeof why)) {
    complain(0, "%s: %s", option, why);
    return false;
  }
  if (*value > 0 || (*value == 0 && !positive)) return true;
  complain(0, "%s: '%.60s' is %s: expected a %s%s", option, text, *value < 0 ? "negative" : "zero", positive ? "positive " : "", ts_quantity_name(kind));
  return false;
}

bool take_choice(const char *option, const char *text, const char *const *choices, char **value)
{
  char list[160] = "";
  for (size_t i = 0; choices[i]; i++) {
    if (!strcmp(choices[i], text)) {
      free(*value);
      *value = strdup(text);
      return *value != NULL;
    }
    size_t n = strlen(list);
    snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", choices[i]);
  }
  complain(0, "%s: '%.60s' is unknown: expected one of %s", option, text, list);
  return false;
}

/* Every part of a comma-separated list; numbers are at least `least`. */
static bool take_list(const char *option, const char *text, double *values, size_t max, size_t *n, bool times, double least)
{
  *n = 0;
  for (const char *p = text;; p++) {
    char part[64];
    size_t length = strcspn(p, ",");
    if (length >= sizeof part || *n == max) {
      complain(0, "%s: '%.60s' has too many or too long parts: expected at most %zu", option, text, max);
      return false;
    }
    memcpy(part, p, length);
    part[length] = 0;
    double *v = &values[(*n)++];
    if (times ? !take_positive_time(option, part, v) : !take_number(option, part, least, v)) return false;
    p += length;
    if (!*p) return true;
  }
}

bool take_times(const char *option, const char *text, double *seconds, size_t max, size_t *n)
{
  return take_list(option, text, seconds, max, n, true, 0);
}

bool take_numbers(const char *option, const char *text, double *values, size_t max, size_t *n)
{
  return take_list(option, text, values, max, n, false, 0);
}

bool take_signed_numbers(const char *option, const char *text, double *values, size_t max, size_t *n)
{
  return take_list(option, text, values, max, n, false, -INFINITY);
}

static bool is_backend(const char *text)
{
  json_t *shown = json_string(text);   /* it will stand in records, which are UTF-8 */
  json_decref(shown);
  if (!shown) return false;
  static const char *const whole[] = {"auto", "model", "rtl", "usb"}, *const begun[] = {"usb:", "uart:", "socket:"};
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
    if (!strcmp(text, whole[i])) return true;
  for (size_t i = 0; i < sizeof begun / sizeof *begun; i++)
    if (!strncmp(text, begun[i], strlen(begun[i])) && text[strlen(begun[i])]) return true;
  return false;
}

bool take_common(common_options *c, int key, const char *text, bool *mine)
{
  static const char *const engines[] = {"u16", "e18", "e20", NULL};
  *mine = true;
  if (key == OPTION_BACKEND) {
    if (is_backend(text)) {
      free(c->backend);
      c->backend = strdup(text);
      return c->backend != NULL;
    }
    complain(0, "--backend: '%.60s' is unknown: expected one of auto, model, rtl, usb, usb:SERIAL, uart:PATH, uart:ftdi:SERIAL, socket:PATH", text);
    return false;
  }
  if (key == OPTION_ENGINE) return take_choice("--engine", text, engines, &c->engine);
  if (key == OPTION_JSON) c->json = true;
  else if (key == 'q') c->quiet = true;
  else if (key == 'v') c->verbose = true;
  else *mine = false;
  return true;
}

void common_options_free(common_options *c)
{
  free(c->backend);
  free(c->engine);
}

bool take_output(output_options *o, int key, const char *text, bool *mine)
{
  char **to = key == OPTION_CSV ? &o->csv : key == OPTION_CURVE ? &o->curve : key == OPTION_PLOT ? &o->plot : key == OPTION_STATS ? &o->stats : NULL;
  *mine = to != NULL;
  return to && take_text(to, text);
}

void output_options_free(output_options *o)
{
  free(o->csv);
  free(o->curve);
  free(o->plot);
  free(o->stats);
}

const char *outputs_wrong(const output_options *o, const common_options *c, const named_file *more, const named_inputs *inputs, char *message)
{
  /* the statistics come last, behind all else: standard output may have them, too */
  const char *stats = o->stats && strcmp(o->stats, "-") ? o->stats : NULL;
  named_file all[OUTPUTS_MAX] = {{"--json", c->json ? "-" : NULL}, {"--csv", o->csv}, {"--curve", o->curve}, {"--plot", o->plot}, {"--stats", stats}};
  size_t n = 5;
  for (; more && more->option && n < OUTPUTS_MAX; more++) all[n++] = *more;
  return files_wrong(all, n, inputs, message);
}

size_t standard_inputs(const char *const *files)
{
  size_t n = 0;
  for (size_t i = 0; files && files[i]; i++) n += !strcmp(files[i], "-");
  return n;
}

parsed options_end(bool good, const char ***rest, int *code)
{
  if (good) return PARSED_GO;
  *code = EXIT_USAGE;
  free(*rest);
  *rest = NULL;
  return PARSED_LEAVE;
}

bool is_device_error(ts_error e)
{
  return e == TS_ERROR_TRANSPORT || e == TS_ERROR_TIMEOUT || e == TS_ERROR_PROTOCOL || e == TS_ERROR_DEVICE;
}

ts_device *open_device(const common_options *c)
{
  ts_device *d = NULL;
  char message[TS_MESSAGE_BYTES] = "";
  const char *backend = c->backend ? c->backend : "auto";
  ts_error e = ts_device_open(&d, backend, c->engine, message);
  if (e) {
    complain(0, "device %s%s%s: %s%s%s", backend, c->engine ? " " : "", c->engine ? c->engine : "", ts_error_text(e), *message ? ": " : "", message);
    return NULL;
  }
  if (c->verbose) {
    const ts_device_info *i = ts_device_get_info(d);
    complain(0, "device %s %s: up to %u components, %u bins, %u jobs in flight", i->backend, i->engine, i->components_max, i->bins_max,
             i->jobs_in_flight);
  }
  return d;
}
