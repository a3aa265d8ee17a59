/* taustream devices | info: what is attached and what it can do. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static bool take(void *context, int key, const char *text)
{
  bool mine;
  return take_common(context, key, text, &mine);
}

static json_t *info_json(const ts_device_info *i)
{
  return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "schema", "taustream.device/1", "backend", i->backend,
                   "engine", i->engine, "protocol_version", (json_int_t)i->protocol_version, "components_max", (json_int_t)i->components_max,
                   "bins_max", (json_int_t)i->bins_max, "sclc_points_max", (json_int_t)i->sclc_points_max, "fine_max", (json_int_t)i->fine_max, "groups_max", (json_int_t)i->groups_max,
                   "word_bits", (json_int_t)i->word_bits, "state_bits", (json_int_t)i->state_bits, "count_bits", (json_int_t)i->count_bits,
                   "jobs_in_flight", (json_int_t)i->jobs_in_flight, "ta_components_max", (json_int_t)i->ta_components_max,
                   "ta_delays_max", (json_int_t)i->ta_delays_max, "clock_hz", i->clock_hz ? json_integer(i->clock_hz) : json_null(),
                   "gateware_version", json_sprintf("%u.%u.%u", i->gateware_version >> 16, i->gateware_version >> 8 & 255,
                                                    i->gateware_version & 255));
}

static void print_json(const ts_device_info *i)
{
  json_t *j = info_json(i);
  json_dumpf(j, stdout, JSON_COMPACT);
  fputc('\n', stdout);
  json_decref(j);
}

static void print_text(const ts_device_info *i)
{
  printf("backend            %s\nengine             %s\nversion            %u.%u.%u, protocol %u\n", i->backend, i->engine,
         i->gateware_version >> 16, i->gateware_version >> 8 & 255, i->gateware_version & 255, i->protocol_version);
  printf("components         up to %u\nbins               up to %u (more are summed), %u of them single, %u groups\n", i->components_max,
         i->bins_max, i->fine_max, i->groups_max);
  if (i->sclc_points_max) printf("current-voltage    up to %u points a sweep (more are averaged)\n", i->sclc_points_max);
  printf("words              %u bits, state %u, counts %u\njobs in flight     %u\n", i->word_bits, i->state_bits, i->count_bits,
         i->jobs_in_flight);
  if (i->ta_components_max)
    printf("transient abs.     up to %u components, %u delays\n", i->ta_components_max, i->ta_delays_max);
  else
    printf("transient abs.     none: the words do not carry it\n");
  if (i->clock_hz) printf("clock              %g MHz\n", i->clock_hz * 1e-6);
  else printf("clock              none (simulated)\n");
}

static parsed options(common_options *c, int argc, const char **argv, const char *help, int *code)
{
  const struct argp_option table[] = {COMMON_OPTIONS, {0}};
  const char **rest;
  parsed p = parse_options(argc, argv, table, NULL, help, take, c, &rest, code);
  if (p == PARSED_LEAVE) return p;
  if (rest && rest[0]) {
    *code = complain(EXIT_USAGE, "%s: '%.60s' is too much: expected options only", argv[0], rest[0]);
    p = PARSED_LEAVE;
  }
  free(rest);
  return p;
}

static int finish(int code)
{
  return fflush(stdout) || ferror(stdout) ? complain(EXIT_INPUT, "standard output cannot be written") : code;
}

int command_info(int argc, const char **argv)
{
  common_options c = {0};
  int code;
  if (options(&c, argc, argv, "What a device can do.", &code) == PARSED_GO) {
    ts_device *d = open_device(&c);
    code = d ? EXIT_DONE : EXIT_INPUT;
    if (d && c.json) print_json(ts_device_get_info(d));
    else if (d) print_text(ts_device_get_info(d));
    ts_device_close(d);
    code = finish(code);
  }
  common_options_free(&c);
  return code;
}

int command_devices(int argc, const char **argv)
{
  static const char *const backends[] = {"model", "rtl"}, *const engines[] = {"u16", "e18"};
  common_options c = {0};
  int code;
  if (options(&c, argc, argv, "What is attached: every device that opens and tells what it is.", &code) == PARSED_GO) {
    for (unsigned b = 0; b < 2; b++)
      for (unsigned e = 0; e < 2; e++) {
        ts_device *d = NULL;
        char message[TS_MESSAGE_BYTES] = "";
        if ((c.backend && strcmp(c.backend, "auto") && strcmp(c.backend, backends[b])) || (c.engine && strcmp(c.engine, engines[e]))) continue;
        if (ts_device_open(&d, backends[b], engines[e], message)) {
          if (c.verbose) complain(0, "%s %s: %s", backends[b], engines[e], message);
          continue;
        }
        const ts_device_info *i = ts_device_get_info(d);
        if (c.json) print_json(i);
        else printf("%-6s %-4s  up to %u components, %u bins\n", i->backend, i->engine, i->components_max, i->bins_max);
        ts_device_close(d);
      }
    code = finish(code);
  }
  common_options_free(&c);
  return code;
}
