/* A program that does not run for longer than the timeout, at any moment (stopped by its user, or on a busy machine): what the device has answered by then
 * counts. A device that is silent, or drips, still meets its timeout. The clock is the test's own. */
#include "check.h"
#include "fake_device.h"
#include "session/device_private.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BINS = 64, STOP_S = 1000 };

static int64_t now_s = 5;
static unsigned moment, stop_every;   /* looks at the device; the program is stopped behind each of so many */

int clock_gettime(clockid_t id, struct timespec *t) {
  if (id != CLOCK_MONOTONIC) return (int)syscall(SYS_clock_gettime, id, t);
  *t = (struct timespec){.tv_sec = now_s};
  return 0;
}

static ts_error stopping_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  const ts_error e = fake_read(t, bytes, n, moved);
  if (stop_every && ++moment % stop_every == 0) now_s += STOP_S;
  return e;
}

static const ts_transport_ops stopping_ops = {fake_write, stopping_read, fake_wait, fake_close, fake_text};

static void stopped_at(unsigned every) {
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  ts_trpl_plan *p = NULL;
  ts_trpl_options o;
  ts_trpl_result r;
  uint64_t counts[BINS];
  bool got = false;
  fake_device *f = fake_create(TS_ENGINE_E18);
  f->base.ops = &stopping_ops;
  f->result[TS_RES_STATUS] = TS_STATUS_MASK_CONVERGED;
  f->result[TS_RES_AMPLITUDE_1] = 100;
  f->result[TS_RES_RATE_1] = 0.1;
  moment = 0;
  stop_every = every;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  for (unsigned i = 0; i < BINS; i++) counts[i] = 200;
  ts_error e = ts_device_open_transport(&d, &f->base, "fake", NULL, message);
  CHECK(!e);
  if (e) return;
  e = ts_device_echo(d, (const uint8_t *)"abc", 3);
  if (!e) e = ts_trpl_plan_create(&p, d, &o, BINS, NULL);
  for (unsigned i = 0; !e && i < 3; i++) {
    e = ts_trpl_submit(p, counts, i);
    if (!e) e = ts_trpl_poll(p, true, &r, &got);
    CHECK(e || (got && r.index == i));
  }
  if (e) printf("stopped behind every %u. look: %s: %s\n", every, ts_error_name(e), ts_device_message(d));
  CHECK(!e);
  ts_trpl_plan_destroy(p);
  ts_device_close(d);
}

static void meets_its_timeout(fake_fault fault) {
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  fake_device *f = fake_create(TS_ENGINE_E18);
  f->base.ops = &stopping_ops;
  f->fault = fault;
  f->at_type = TS_MSG_ECHO_REQUEST;
  stop_every = 1;
  CHECK(ts_device_open_transport(&d, &f->base, "fake", NULL, message) == TS_OK);
  if (!d) return;
  CHECK(ts_device_echo(d, (const uint8_t *)"abc", 3) == TS_ERROR_TIMEOUT);
  ts_device_close(d);
}

int main(void) {
  for (unsigned every = 1; every <= 40; every++) stopped_at(every);
  meets_its_timeout(FAKE_SILENT);
  meets_its_timeout(FAKE_DRIP);
  meets_its_timeout(FAKE_DEAF);
  return check_end();
}
