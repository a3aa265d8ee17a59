/* The libusb transport against boards that obey, that are unplugged and that misbehave, through the unmodified libusb (umockdev): always the right
 * results or a clear error, never a hang, no result lost or given twice.
 *
 * The boards live in this process, every host in a child of its own: `usb_link host WHAT ...` runs this program again and its last line says how many
 * checks held. */
#include <glib.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "session/device_private.h"
#include "transport/usb.h"
#include "usb_board.h"

enum { BINS = 64, BATCH = 300, WATCHDOG_S = 240 /* of a host, which else could hang the whole run */ };

static void counts_of(uint64_t index, uint64_t *counts) {
  for (unsigned i = 0; i < BINS; i++) counts[i] = (uint64_t)((400 + (double)(index % 17) * 10) * exp(-(0.1 + 0.01 * (double)(index % 5)) * i)) + 1;
}

static ts_error make_plan(ts_device *d, ts_trpl_plan **plan) {
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  return ts_trpl_plan_create(plan, d, &o, BINS, NULL);
}

/* Fits n histograms; got_of[i] counts the results of index i. raw (n, may be NULL): what the results must be. */
static ts_error fit(ts_device *d, unsigned n, unsigned *got_of, char (*raw)[640], bool make) {
  ts_trpl_plan *p = NULL;
  uint64_t counts[BINS];
  ts_error e = make_plan(d, &p);
  unsigned sent = 0, done = 0;
  while (!e && done < n) {
    while (!e && sent < n && sent - done < ts_trpl_in_flight_max(p)) {
      counts_of(sent, counts);
      e = ts_trpl_submit(p, counts, sent++);
    }
    ts_trpl_result r;
    bool got = false;
    if (!e) e = ts_trpl_poll(p, true, &r, &got);
    if (e || !got) break;
    if (got_of) got_of[r.index]++;
    if (raw && make) memcpy(raw[r.index], r.raw, sizeof r.raw);
    if (raw && !make) CHECK(strcmp(raw[r.index], r.raw) == 0);
    CHECK(r.index == done);
    done++;
  }
  ts_trpl_plan_destroy(p);
  return e;
}

static char reference[BATCH][640];

static void make_reference(void) {
  ts_device *model = NULL;
  CHECK(ts_device_open(&model, "model", "u16", NULL) == TS_OK && fit(model, BATCH, NULL, reference, true) == TS_OK);
  ts_device_close(model);
}

/* ---- hosts ---- */
/* open BACKEND ENGINE: ERROR WHAT_WAS_OPENED ENGINE wanted; part of the message wanted */
static void host_open(char **a) {
  char message[TS_MESSAGE_BYTES] = "";
  ts_device *d = NULL;
  const ts_error e = ts_device_open(&d, a[0], strcmp(a[1], "-") ? a[1] : NULL, message);
  const ts_device_info *i = d ? ts_device_get_info(d) : NULL;
  const bool good = strcmp(ts_error_name(e), a[2]) == 0 && (!i || (strcmp(i->backend, a[3]) == 0 && strcmp(i->engine, a[4]) == 0)) && strstr(message, a[5]);
  if (!good) printf("open %s %s: %s %s %s: %s\n", a[0], a[1], ts_error_name(e), i ? i->backend : "", i ? i->engine : "", message);
  CHECK(good);
  ts_device_close(d);
}

static void host_list(char **a) {
  ts_usb_board list[TS_USB_BOARDS_MAX];
  char message[TS_MESSAGE_BYTES] = "";
  size_t n = 0, problems = 0;
  ts_usb_bus *bus = NULL;
  CHECK(ts_usb_bus_open(&bus, message) == TS_OK && ts_usb_list(bus, list, &n, message) == TS_OK && n == (size_t)atoi(a[0]));
  ts_usb_bus_close(bus);
  for (size_t i = 0; i < n; i++) problems += list[i].error && strstr(list[i].problem, a[2]);
  CHECK(problems == (size_t)atoi(a[1]));
}

/* Opened as nobody: the node is not his. */
static void host_denied(char **a) {
  (void)a;
  char message[TS_MESSAGE_BYTES] = "";
  ts_device *d = NULL;
  if (geteuid() == 0) CHECK(setgid(65534) == 0 && setuid(65534) == 0);
  for (int i = 0; i < 2; i++) {
    const ts_error e = ts_device_open(&d, i ? "auto" : "usb", NULL, message); /* auto does not fall back in silence */
    if (e != TS_ERROR_TRANSPORT || !strstr(message, "permission denied") || !strstr(message, TS_USB_RULE)) printf("denied: %s %s\n", ts_error_name(e), message);
    CHECK(e == TS_ERROR_TRANSPORT && strstr(message, "permission denied") && strstr(message, TS_USB_RULE) && strstr(message, "/etc/udev/rules.d/" TS_USB_RULE_FILE));
  }
}

static void *fit_in_thread(void *context) {
  ts_device *d = NULL;
  char message[TS_MESSAGE_BYTES];
  const ts_error e = ts_device_open(&d, context, "u16", message);
  uintptr_t wrong = e != TS_OK;
  for (int i = 0; i < 3 && d; i++) wrong += fit(d, BATCH, NULL, NULL, false) != TS_OK;
  ts_device_close(d);
  return (void *)wrong;
}

static void host_fit(char **a) {
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  make_reference();
  CHECK(ts_device_open(&d, a[0], NULL, message) == TS_OK);
  for (size_t k = 0; k <= 64; k += 16)
    CHECK(ts_device_echo(d, (const uint8_t *)"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", k) == TS_OK);
  CHECK(fit(d, BATCH, NULL, reference, false) == TS_OK);
  ts_device_close(d);
}

/* Two boards in two threads. */
static void host_threads(char **a) {
  pthread_t thread[2];
  for (int i = 0; i < 2; i++) pthread_create(&thread[i], NULL, fit_in_thread, a[i]);
  for (int i = 0; i < 2; i++) {
    void *wrong = NULL;
    pthread_join(thread[i], &wrong);
    CHECK(wrong == NULL);
  }
}

static const char *const step_name[] = {"info", "echo", "config", "irf", "first result", "second result"};
enum { STEPS = sizeof step_name / sizeof *step_name };

/* Nothing but the session's timeout ends these. */
static bool is_silence(usb_fault f) {
  return f == USB_ANSWER_SILENT || f == USB_ANSWER_EMPTY_FOR_EVER || f == USB_ANSWER_TRUNCATED || f == USB_ANSWER_DRIPS || f == USB_OUT_NEVER_ENDS;
}

static void host_hostile(char **a) {
  const usb_fault fault = (usb_fault)atoi(a[0]);
  const unsigned step = (unsigned)atoi(a[1]);
  char message[TS_MESSAGE_BYTES] = "";
  ts_device *d = NULL;
  setenv("TAUSTREAM_RECONNECT_S", "0", 1);
  setenv("TAUSTREAM_TIMEOUT_S", is_silence(fault) || fault == USB_RESET_SILENT ? "0.1" : "60", 1);
  ts_error e = ts_device_open(&d, a[2], NULL, message);
  if (!e) {
    e = ts_device_echo(d, (const uint8_t *)"loop \x00 back \xff", 13);
    if (!e) e = fit(d, 4, NULL, NULL, false);
    /* What is repeated or never ends may show with the next request only. */
    for (int i = 0; i < 3 && !e; i++) e = ts_device_echo(d, (const uint8_t *)"x", 1);
    snprintf(message, sizeof message, "%s", ts_device_message(d));
  }
  const bool good = fault == USB_GOOD ? !e : fault == USB_ANSWER_DRIPS ? !e || e == TS_ERROR_TIMEOUT
                    : is_silence(fault) ? e == TS_ERROR_TIMEOUT || e == TS_ERROR_PROTOCOL : e == TS_ERROR_TRANSPORT || e == TS_ERROR_PROTOCOL;
  if (!good) printf("fault %d at %s: %s: %s\n", fault, step_name[step], ts_error_name(e), message);
  CHECK(good);
  CHECK(!e || strlen(message) >= 10);
  if (d && e) CHECK(ts_device_echo(d, (const uint8_t *)"y", 1) == e); /* it stays */
  ts_device_close(d);
}

/* Batches, until the board was away often enough: every histogram has one result, and the model's. */
static void host_unplugged(char **a) {
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  const unsigned times = (unsigned)atoi(a[1]);
  unsigned batches = 0, wrong = 0;
  make_reference();
  for (int i = 0; i < 1000 && ts_device_open(&d, a[0], NULL, message); i++) {} /* it comes and goes already */
  CHECK(d);
  if (!d) return;
  d->reconnect_ms = 120000;
  for (ts_error e = TS_OK; !e && d->info.reconnects < times; batches++) {
    unsigned got_of[BATCH] = {0};
    e = fit(d, BATCH, got_of, reference, false);
    if (e) printf("%s: %s\n", ts_error_name(e), ts_device_message(d));
    CHECK(e == TS_OK);
    for (unsigned i = 0; !e && i < BATCH; i++) wrong += got_of[i] != 1;
  }
  CHECK(wrong == 0);
  printf("%u reconnections in %u batches of %d\n", (unsigned)d->info.reconnects, batches, BATCH);
  ts_device_close(d);
}

static const struct { const char *name; void (*run)(char **arguments); } hosts[] = {
    {"open", host_open}, {"list", host_list}, {"denied", host_denied}, {"fit", host_fit}, {"threads", host_threads}, {"hostile", host_hostile},
    {"unplugged", host_unplugged}};

/* Starts a host; its output is passed on but for its sum. */
static pid_t start_host(const char *const *arguments, int *output) {
  int ends[2];
  if (pipe(ends)) abort();
  const pid_t child = fork();
  if (child == 0) {
    const char *argv[12] = {"usb_link", "host"};
    for (int i = 0; arguments[i]; i++) argv[2 + i] = arguments[i];
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    execv("/proc/self/exe", (char **)(uintptr_t)argv);
    _exit(127);
  }
  close(ends[1]);
  *output = ends[0];
  return child;
}

static void end_host(pid_t child, int output, const char *const *arguments) {
  char text[8192];
  size_t n = 0;
  int status = 0, passed = 0, failed = 0;
  for (ssize_t k; n + 1 < sizeof text && (k = read(output, text + n, sizeof text - 1 - n)) > 0; n += (size_t)k) {}
  text[n] = 0;
  close(output);
  waitpid(child, &status, 0);
  char *last = text;
  for (char *p = text; (p = strchr(p, '\n')) && p[1]; p++) last = p + 1;
  const bool sum = sscanf(last, "%d passed, %d failed", &passed, &failed) == 2;
  if (sum) *last = 0;
  fputs(text, stdout);
  if (!sum || !WIFEXITED(status) || (WEXITSTATUS(status) != 0) != (failed != 0)) {
    printf("host %s ended with status 0x%x\n", arguments[0], (unsigned)status);
    failed++;
  }
  checks_passed += passed;
  checks_failed += failed;
}

#define HOST(...) run_host((const char *const[]){__VA_ARGS__, NULL})
static void run_host(const char *const *arguments) {
  int output;
  fflush(stdout);
  const pid_t child = start_host(arguments, &output);
  end_host(child, output, arguments);
}

/* ---- the boards' side ---- */
#define ONE "usb:0123456789ABCD01"
#define TWO "usb:0123456789ABCD02"

static void test_good(UMockdevTestbed *bed) {
  usb_board b, c;
  usb_create(&b, bed, 1, TS_ENGINE_U16);
  usb_create(&c, bed, 2, TS_ENGINE_E18);
  HOST("open", "usb", "-", "TS_ERROR_TRANSPORT", "", "", "no such board");
  HOST("open", "auto", "-", "TS_OK", "model", "e18", "");
  HOST("list", "0", "0", "");
  usb_plug(&b);
  HOST("open", "auto", "-", "TS_OK", ONE, "u16", ""); /* its own engine, not the default */
  HOST("open", "usb", "e18", "TS_ERROR_UNSUPPORTED", "", "", "u16");
  HOST("fit", "usb");
  usb_plug(&c);
  HOST("open", "usb", "-", "TS_ERROR_TRANSPORT", "", "", "2 boards are attached: choose one of");
  HOST("open", TWO, "-", "TS_OK", TWO, "e18", "");
  HOST("open", "usb:nobody", "-", "TS_ERROR_TRANSPORT", "", "", "usb:nobody: no such board is attached (there are others");
  HOST("list", "2", "0", "");
  c.fault = USB_CLAIM_BUSY;
  HOST("list", "2", "1", "busy");
  HOST("open", TWO, "-", "TS_ERROR_TRANSPORT", "", "", "another program has the board");
  c.fault = USB_OTHER_PRODUCT; /* the test id may be anybody's */
  HOST("list", "1", "0", "");
  HOST("open", "auto", "-", "TS_OK", ONE, "u16", "");
  c.fault = USB_GOOD;
  c.engine = TS_ENGINE_U16;
  HOST("threads", ONE, TWO);
  usb_unplug(&c);
  char *root = umockdev_testbed_get_root_dir(bed);
  char open_all[600];
  snprintf(open_all, sizeof open_all, "chmod -R a+rwX %s", root); /* all of the bus but this node */
  CHECK(system(open_all) == 0);
  free(root);
  usb_lock_node(&b, 0600);
  HOST("denied");
  usb_unplug(&b);
  usb_destroy(&b);
  usb_destroy(&c);
}

static void test_ftdi(UMockdevTestbed *bed) {
  usb_board b;
  usb_create(&b, bed, 3, TS_ENGINE_U16);
  b.is_ftdi = true;
  usb_plug(&b);
  HOST("fit", "uart:ftdi:0123456789ABCD03");
  CHECK(b.breaks == 1 && b.latency_ms == 1 && b.baud_requests >= 1);
  HOST("fit", "uart:ftdi:0123456789ABCD03:B@2000000");
  HOST("open", "uart:ftdi:NOBODY", "-", "TS_ERROR_TRANSPORT", "", "", "no FTDI chip");
  const usb_fault faults[] = {USB_ANSWER_SILENT, USB_ANSWER_CORRUPT, USB_ANSWER_TRUNCATED, USB_ANSWER_PROTOCOL_ERROR, USB_ANSWER_STALL, USB_OUT_STALL, USB_UNPLUG};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    char number[12];
    snprintf(number, sizeof number, "%d", faults[i]);
    b.fault = faults[i];
    b.at_answer = 4;
    b.answers = 0;
    b.faulted = false;
    HOST("hostile", number, "4", "uart:ftdi:0123456789ABCD03");
  }
  usb_unplug(&b);
  usb_destroy(&b);
}

/* every: at every step, else at the first message and the first result. */
static void test_hostile(UMockdevTestbed *bed, bool every) {
  for (int fault = USB_GOOD; fault < USB_FAULTS; fault++)
    for (unsigned step = 0; step < (fault <= USB_CLEAR_FAILS ? 1 : STEPS); step += every ? 1 : STEPS - 2) {
      usb_board b;
      char number[2][12];
      usb_create(&b, bed, 1, TS_ENGINE_U16);
      b.fault = (usb_fault)fault;
      b.at_answer = step;
      usb_plug(&b);
      snprintf(number[0], sizeof number[0], "%d", fault);
      snprintf(number[1], sizeof number[1], "%u", step);
      HOST("hostile", number[0], number[1], "usb");
      if (fault == USB_RESET_SILENT) CHECK(b.resets == 1); /* tried by a reset of the bus */
      CHECK(b.early == 0 && b.split == 0);
      usb_unplug(&b);
      usb_destroy(&b);
    }
}

/* Unplugs after so many bytes of answer, as long as the host has not had enough: anywhere in the handshake, the configuration or the results, but
 * not before the first result more than twice in a row (the third is given up, rightly). That more results left the board than there can be
 * histograms in flight shows that the host has taken one, however slow it is. */
static void test_unplug(UMockdevTestbed *bed, const char *times) {
  enum { IN_FLIGHT_MAX = 16, INFO_AND_ACKS = 3 * (TS_HEADER_BYTES + TS_CRC_BYTES) + 4 * TS_INFO_WORDS, RESULT = 124 };
  usb_board b;
  const char *const arguments[] = {"unplugged", ONE, times, NULL};
  int output;
  unsigned state = 12345, unplugged = 0;
  usb_create(&b, bed, 1, TS_ENGINE_U16);
  usb_plug(&b);
  fflush(stdout);
  const pid_t child = start_host(arguments, &output);
  siginfo_t ended = {0};
  for (bool running = true; running; unplugged++) {
    state = state * 1664525u + 1013904223u;
    const size_t after = unplugged % 3 ? state >> 16 & 127 : INFO_AND_ACKS + IN_FLIGHT_MAX * RESULT + (state >> 16) % (20 * RESULT);
    while (running && usb_fetched(&b) < after) {
      const struct timespec pause = {0, 100000};
      nanosleep(&pause, NULL);
      running = waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
    }
    usb_unplug(&b);
    usb_plug(&b);
  }
  end_host(child, output, arguments);
  printf("unplugged %u times\n", unplugged);
  CHECK(b.links > 0 && b.early == 0 && b.split == 0);
  usb_unplug(&b);
  usb_destroy(&b);
}

/* A board that takes its time over OUT transfers: what is written meanwhile makes whole packets, and all of it arrives. */
static void test_gather(UMockdevTestbed *bed) {
  usb_board b;
  const char *const arguments[] = {"fit", ONE, NULL};
  int output;
  siginfo_t ended = {0};
  usb_create(&b, bed, 1, TS_ENGINE_U16);
  b.holds_out = true;
  usb_plug(&b);
  fflush(stdout);
  const pid_t child = start_host(arguments, &output);
  while (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) {
    const struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
    usb_release(&b);
  }
  end_host(child, output, arguments);
  printf("%u OUT transfers, %u of whole packets behind another\n", b.outs, b.filled);
  CHECK(b.filled > 0 && b.split == 0);
  usb_unplug(&b);
  usb_destroy(&b);
}

int main(int argc, char **argv) {
  usb_board_preload(argv);
  if (argc > 2 && strcmp(argv[1], "host") == 0) {
    alarm(WATCHDOG_S);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
      if (strcmp(hosts[i].name, argv[2]) == 0) hosts[i].run(argv + 3);
    return check_end();
  }
  UMockdevTestbed *bed = usb_bus();
  const bool sanitized = getenv("TAUSTREAM_SANITIZED"); /* slower, and what every fault is for */
  test_good(bed);
  test_ftdi(bed);
  test_hostile(bed, sanitized);
  test_gather(bed);
  test_unplug(bed, sanitized ? "20" : "200");
  g_object_unref(bed);
  return check_end();
}
