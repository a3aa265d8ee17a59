/* taustream devices | info: what is attached and what it can do. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../transport/uart.h"
#include "../transport/usb.h"
#include "command.h"

static bool take(void *context, int key, const char *text)
{
  bool mine;
  return take_common(context, key, text, &mine);
}

static json_t *info_json(const ts_device_info *i)
{
  return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:b,s:b,s:I,s:o,s:o}", "schema", "taustream.device/1", "backend", i->backend,
                   "engine", i->engine, "protocol_version", (json_int_t)i->protocol_version, "components_max", (json_int_t)i->components_max,
                   "bins_max", (json_int_t)i->bins_max, "sclc_points_max", (json_int_t)i->sclc_points_max, "fine_max", (json_int_t)i->fine_max, "groups_max", (json_int_t)i->groups_max,
                   "word_bits", (json_int_t)i->word_bits, "state_bits", (json_int_t)i->state_bits, "count_bits", (json_int_t)i->count_bits,
                   "jobs_in_flight", (json_int_t)i->jobs_in_flight, "ta_components_max", (json_int_t)i->ta_components_max, "ta_word_bits", (json_int_t)i->ta_word_bits,
                   "ta_delays_max", (json_int_t)i->ta_delays_max, "ta_signals_max", (json_int_t)i->ta_signals_max, "ta_kept", (int)i->ta_kept,
                   "photon_stream", i->photon_stream, "photon_pins", i->photon_pins, "photon_raw", i->photon_raw, "photon_samples", (json_int_t)i->photon_samples,
                   "clock_hz", i->clock_hz ? json_integer(i->clock_hz) : json_null(),
                   "gateware_version", json_sprintf("%u.%u.%u", i->gateware_version >> 16, i->gateware_version >> 8 & 255,
                                                    i->gateware_version & 255));
}

static void print_json(json_t *j)
{
  json_dumpf(j, stdout, JSON_COMPACT);
  fputc('\n', stdout);
  json_decref(j);
}

static void print_text(const ts_device_info *i)
{
  printf("backend            %s\nengine             %s\nversion            %u.%u.%u, protocol %u\n", i->backend, i->engine,
         i->gateware_version >> 16, i->gateware_version >> 8 & 255, i->gateware_version & 255, i->protocol_version);
  if (!i->components_max && i->photon)
    printf("fits               none: it counts photons into up to %u bins, the host fits the frames (taustream live board:)\n", i->bins_max);
  else
    printf("components         up to %u\nbins               up to %u (more are summed), %u of them single, %u groups\n", i->components_max,
           i->bins_max, i->fine_max, i->groups_max);
  if (i->sclc_points_max) printf("current-voltage    up to %u points a sweep (more are averaged)\n", i->sclc_points_max);
  printf("words              %u bits, state %u, counts %u\njobs in flight     %u\n", i->word_bits, i->state_bits, i->count_bits,
         i->jobs_in_flight);
  if (i->ta_components_max)
    printf("transient abs.     up to %u components, %u delays; words of %u bits; holds %u signals of a matrix, columns made %s\n", i->ta_components_max, i->ta_delays_max, i->ta_word_bits,
           i->ta_signals_max, i->ta_kept ? "once an evaluation" : "for each wavelength");
  else
    printf("transient abs.     none: the words do not carry it\n");
  if (i->photon)
    printf("photons            %s%s%s%s\n", i->photon_stream ? "sent by the host" : "", i->photon_stream && i->photon_pins ? ", " : "",
           i->photon_pins ? "at its pins" : "", i->photon_raw ? "; frames of single bins" : "");
  else
    printf("photons            none: histograms only\n");
  if (i->photon_pins) printf("pins               %u samples a clock\n", i->photon_samples);
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
    if (d && c.json) print_json(info_json(ts_device_get_info(d)));
    else if (d) print_text(ts_device_get_info(d));
    ts_device_close(d);
    code = finish(code);
  }
  common_options_free(&c);
  return code;
}

/* ---- devices ---- */
#define PROBE_TIMEOUT_S "0.5"   /* a port that does not answer is no board of ours */

/* Where a device was found; board NULL: not on USB. */
typedef struct place {
  const char *backend, *engine;
  const ts_usb_board *board;
} place;

/* One line or record: the device, or what is in its way. */
static void tell(const common_options *c, const place *p, const ts_device_info *i, const char *problem)
{
  if (c->json) {
    json_t *j = i ? info_json(i) : json_pack("{s:s,s:s,s:s}", "schema", "taustream.device/1", "backend", p->backend, "error", problem);
    if (p->board) {
      json_object_set_new(j, "serial", p->board->serial[0] ? json_string(p->board->serial) : json_null());
      json_object_set_new(j, "bus", json_integer(p->board->bus));
      json_object_set_new(j, "address", json_integer(p->board->address));
    }
    print_json(j);
    return;
  }
  if (i) printf("%-6s %-4s  up to %u components, %u bins", i->backend, i->engine, i->components_max, i->bins_max);
  else printf("%-6s       %s", p->backend, problem);
  if (p->board) printf(" (bus %03u device %03u)", p->board->bus, p->board->address);
  putchar('\n');
}

static bool open_and_tell(const common_options *c, const place *p, bool tell_problem)
{
  ts_device *d = NULL;
  char message[TS_MESSAGE_BYTES] = "";
  const ts_error e = ts_device_open(&d, p->backend, p->engine, message);
  if (!e) tell(c, p, ts_device_get_info(d), NULL);
  else if (tell_problem) tell(c, p, NULL, *message ? message : ts_error_text(e));
  else if (c->verbose) complain(0, "%s %s: %s", p->backend, p->engine ? p->engine : "", *message ? message : ts_error_text(e));
  ts_device_close(d);
  return !e;
}

static void tell_usb(const common_options *c)
{
  ts_usb_board boards[TS_USB_BOARDS_MAX];
  ts_usb_bus *bus = NULL;
  char message[TS_MESSAGE_BYTES] = "", backend[TS_BACKEND_BYTES];
  size_t n = 0;
  ts_error e = ts_usb_bus_open(&bus, message);
  if (!e) e = ts_usb_list(bus, boards, &n, message);
  ts_usb_bus_close(bus);
  if (e && c->verbose) complain(0, "%s", message);
  for (size_t i = 0; i < n; i++) {
    snprintf(backend, sizeof backend, "usb%s%s", boards[i].serial[0] ? ":" : "", boards[i].serial);
    const place p = {backend, NULL, &boards[i]};
    if (c->backend && !strncmp(c->backend, "usb:", 4) && strcmp(c->backend, backend)) continue;
    if (boards[i].error) tell(c, &p, NULL, boards[i].problem);
    else open_and_tell(c, &p, true);
  }
}

/* A break and bytes to whatever hangs on a port could do harm: only FTDI adapters, which the boards have, are asked without being named. */
static void tell_ports(const common_options *c)
{
  ts_uart_port *ports = calloc(TS_UART_PORTS_MAX, sizeof *ports);
  char backend[TS_BACKEND_BYTES];
  size_t n = 0;
  setenv("TAUSTREAM_TIMEOUT_S", PROBE_TIMEOUT_S, 0);
  if (!ports) complain(0, "out of memory");
  else if (ts_uart_list(ports, &n) && c->verbose) complain(0, "the serial ports cannot be listed");
  for (size_t i = 0; i < n; i++) {
    snprintf(backend, sizeof backend, "uart:%s", ports[i].path);
    const place p = {backend, NULL, NULL};
    if (ports[i].usb_vendor == TS_UART_FTDI_VENDOR) open_and_tell(c, &p, true);
    else if (c->verbose) complain(0, "%s (%s): not asked: it is no FTDI adapter; --backend %s asks it", backend, ports[i].what, backend);
  }
  free(ports);
}

static void tell_simulated(const common_options *c)
{
  static const char *const backends[] = {"model", "rtl"}, *const engines[] = {"u16", "e18", "e20"};
  for (unsigned b = 0; b < 2; b++)
    for (unsigned e = 0; e < sizeof engines / sizeof *engines; e++)
      if ((!c->backend || !strcmp(c->backend, backends[b])) && (!c->engine || !strcmp(c->engine, engines[e])))
        open_and_tell(c, &(place){backends[b], engines[e], NULL}, false);
}

int command_devices(int argc, const char **argv)
{
  common_options c = {0};
  int code;
  if (options(&c, argc, argv, "What is attached: USB boards, serial ports that answer, and the model and the simulated gateware. --backend shows these alone.",
              &code) == PARSED_GO) {
    if (c.backend && !strcmp(c.backend, "auto")) {
      free(c.backend);
      c.backend = NULL;
    }
    const bool named = c.backend && (!strncmp(c.backend, "uart:", 5) || !strncmp(c.backend, "socket:", 7));
    if (named) code = open_and_tell(&c, &(place){c.backend, NULL, NULL}, true) ? EXIT_DONE : EXIT_INPUT;
    if (!named) tell_simulated(&c);
    if (!c.backend || !strncmp(c.backend, "usb", 3)) tell_usb(&c);
    if (!c.backend) tell_ports(&c);
    code = finish(code);
  }
  common_options_free(&c);
  return code;
}
