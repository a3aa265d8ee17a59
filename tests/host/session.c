/* The session against devices that break the protocol in every way that was thought of: always a clear error, never a hang. */
#include "check.h"
#include "fake_device.h"
#include "session/device_private.h"

enum { BINS = 64 };

static ts_device *open_fake(fake_device *f, ts_error *e, char *message) {
  ts_device *d = NULL;
  message[0] = 0;
  *e = ts_device_open_transport(&d, &f->base, "fake", NULL, message);
  if (d) ts_session_set_timeout(d->session, 150);
  return d;
}

static void good_result(fake_device *f) {
  f->result[TS_RES_STATUS] = TS_STATUS_MASK_CONVERGED;
  f->result[TS_RES_EVALUATIONS] = 4;
  f->result[TS_RES_STARTS] = 1;
  f->result[TS_RES_CHI2] = 30;
  f->result[TS_RES_AMPLITUDE_1] = 100;
  f->result[TS_RES_RATE_1] = 0.1;
  f->result[TS_RES_BACKGROUND] = 1;
  for (unsigned i = 0; i < 4; i++) f->result[TS_RES_FIXED_WORDS + i * (i + 1) / 2 + i] = 1000;
}

static ts_error plan_and_fit(ts_device *d, unsigned histograms, ts_trpl_plan **plan, char *message) {
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  o.unchecked = true;   /* answers are invented */
  uint64_t counts[BINS];
  for (unsigned i = 0; i < BINS; i++) counts[i] = (uint64_t)(200 * exp(-0.1 * i)) + 1;
  ts_error e = ts_trpl_plan_create(plan, d, &o, BINS, NULL);
  for (unsigned i = 0; !e && i < histograms; i++) e = ts_trpl_submit(*plan, counts, 100 + i);
  for (unsigned i = 0; !e && i < histograms; i++) {
    ts_trpl_result r;
    bool got = false;
    e = ts_trpl_poll(*plan, true, &r, &got);
    if (!e) CHECK(got && r.index == 100 + i && fabs(r.lifetime_s[0] - 1e-9) < 1e-14);
  }
  snprintf(message, TS_MESSAGE_BYTES, "%s", ts_device_message(d));
  return e;
}

static ts_error expected_error(fake_fault fault, uint8_t type) {
  switch (fault) {
    case FAKE_GOOD: case FAKE_CRC_ONCE: return TS_OK;
    case FAKE_TRUNCATED: return type == TS_MSG_HISTOGRAM_GROUPED ? TS_ERROR_PROTOCOL : TS_ERROR_TIMEOUT; /* the next result fills it up */
    case FAKE_SILENT: case FAKE_DRIP: case FAKE_DEAF: return TS_ERROR_TIMEOUT;
    case FAKE_ENDED: return TS_ERROR_TRANSPORT;
    case FAKE_ERROR: case FAKE_CRC_ALWAYS: return TS_ERROR_DEVICE;
    case FAKE_WRONG_CONFIG: return type == TS_MSG_HISTOGRAM_GROUPED ? TS_ERROR_PROTOCOL : TS_OK; /* only results name one */
    default: return TS_ERROR_PROTOCOL;
  }
}

static void hostile(void) {
  const uint8_t types[] = {TS_MSG_INFO_REQUEST, TS_MSG_ECHO_REQUEST, TS_MSG_CONFIG, TS_MSG_IRF, TS_MSG_HISTOGRAM_GROUPED};
  for (size_t t = 0; t < sizeof types; t++)
    for (int fault = 0; fault < FAKE_FAULTS; fault++) {
      if (fault == FAKE_DEAF && types[t] == TS_MSG_INFO_REQUEST) continue; /* complete in one write */
      fake_device *f = fake_create(TS_ENGINE_E18);
      bool closed = false;
      f->closed = &closed;
      f->fault = (fake_fault)fault;
      f->at_type = types[t];
      good_result(f);
      char message[TS_MESSAGE_BYTES];
      ts_error e;
      ts_trpl_plan *p = NULL;
      ts_device *d = open_fake(f, &e, message);
      if (!e) {
        e = ts_device_echo(d, (const uint8_t *)"loop \x00 back \xff", 13);
        snprintf(message, sizeof message, "%s", ts_device_message(d));
        if (!e) e = plan_and_fit(d, 3, &p, message);
        /* A repeated or endless answer may be read with the next request only. */
        if (!e && (fault == FAKE_TWICE || fault == FAKE_ENDLESS)) {
          e = ts_device_echo(d, (const uint8_t *)"x", 1);
          snprintf(message, sizeof message, "%s", ts_device_message(d));
        }
      }
      const ts_error expected = expected_error((fake_fault)fault, types[t]);
      if (e != expected) printf("fault %d at 0x%02x: %s (%s), expected %s\n", fault, types[t], ts_error_name(e), message, ts_error_name(expected));
      CHECK(e == expected);
      if (e) CHECK(strlen(message) > 8);
      /* The stream's own errors stay. */
      if (d && (e == TS_ERROR_PROTOCOL || e == TS_ERROR_TIMEOUT || e == TS_ERROR_TRANSPORT)) CHECK(ts_device_echo(d, (const uint8_t *)"y", 1) == e);
      /* A refused histogram does not end the session. */
      if (d && e == TS_ERROR_DEVICE && types[t] == TS_MSG_HISTOGRAM_GROUPED) CHECK(ts_device_echo(d, (const uint8_t *)"y", 1) == TS_OK);
      ts_trpl_plan_destroy(p);
      ts_device_close(d);
      CHECK(closed);
    }
}

static void version_by_name(void) {
  fake_device *f = fake_create(TS_ENGINE_U16);
  f->info[TS_INFO_PROTOCOL_VERSION] = 9;
  char message[TS_MESSAGE_BYTES];
  ts_error e;
  CHECK(open_fake(f, &e, message) == NULL && e == TS_ERROR_PROTOCOL && strstr(message, "version 9"));
  f = fake_create(TS_ENGINE_U16);
  f->info[TS_INFO_GATEWARE_VERSION] = TS_GATEWARE_OLDEST - 1; /* takes the words of a configuration otherwise */
  CHECK(open_fake(f, &e, message) == NULL && e == TS_ERROR_PROTOCOL && strstr(message, "the device holds gateware 0.1.255, this library needs 0.2.0 or later"));
  const struct { unsigned word; uint32_t value; const char *name; } bad[] = {
      {TS_INFO_GROUPS_MAX, 0, "groups_max"}, {TS_INFO_GROUPS_MAX, 0x7fffffff, "groups_max"}, {TS_INFO_JOBS_IN_FLIGHT, 0, "jobs_in_flight"},
      {TS_INFO_COMPONENTS_MAX, 5, "components_max"}, {TS_INFO_WORD_BITS, 99, "word_bits"}, {TS_INFO_COUNT_BITS, 64, "count_bits"},
      {TS_INFO_FINE_MAX, 0xffffffffu, "fine_max"}, {TS_INFO_BINS_MAX, 1, "bins_max"},
      {TS_INFO_TA_COMPONENTS_MAX, 5, "ta_components_max"}, {TS_INFO_TA_COMPONENTS_MAX, 4 | 19 << 8, "words of 19 bits"},
      {TS_INFO_TA_COMPONENTS_MAX, 4, "words of 0 bits"}, {TS_INFO_TA_DELAYS_MAX, 5000, "ta_delays_max"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    f = fake_create(TS_ENGINE_U16);
    f->info[bad[i].word] = bad[i].value;
    CHECK(open_fake(f, &e, message) == NULL && e == TS_ERROR_PROTOCOL && strstr(message, bad[i].name));
  }
  f = fake_create(TS_ENGINE_U16);
  f->info[TS_INFO_ENGINE] = 77;
  CHECK(open_fake(f, &e, message) == NULL && e == TS_ERROR_UNSUPPORTED);
  f = fake_create(TS_ENGINE_U16);
  f->info[TS_INFO_JOBS_IN_FLIGHT] = 60000; /* believed, but bounded */
  ts_device *d = open_fake(f, &e, message);
  CHECK(d && ts_session_capacity(d->session) == TS_JOBS_MAX + TS_JOBS_QUEUED);
  ts_device_close(d);
}

static void order_and_room(void) {
  fake_device *f = fake_create(TS_ENGINE_E18);
  good_result(f);
  f->backwards = true;
  f->info[TS_INFO_JOBS_IN_FLIGHT] = 4;
  char message[TS_MESSAGE_BYTES];
  ts_error e;
  ts_device *d = open_fake(f, &e, message);
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  ts_trpl_plan *p = NULL, *q = NULL;
  CHECK(ts_trpl_plan_create(&p, d, &o, BINS, NULL) == TS_OK);
  CHECK(ts_trpl_plan_create(&q, d, &o, BINS, NULL) == TS_OK);
  uint64_t counts[BINS];
  for (unsigned i = 0; i < BINS; i++) counts[i] = 100 - i;
  ts_trpl_result r;
  bool got = true;
  CHECK(ts_trpl_poll(p, true, &r, &got) == TS_OK && !got); /* nothing in flight: does not block */
  CHECK(ts_trpl_in_flight_max(p) == 6);
  for (unsigned i = 0; i < 3; i++) CHECK(ts_trpl_submit(p, counts, i) == TS_OK);
  CHECK(ts_trpl_poll(p, false, &r, &got) == TS_OK && !got);
  CHECK(ts_trpl_submit(p, counts, 3) == TS_OK); /* the fourth makes the device answer, last first */
  for (unsigned i = 0; i < 4; i++) CHECK(ts_trpl_poll(p, i % 2, &r, &got) == TS_OK && got && r.index == i);
  f->backwards = false;
  for (unsigned i = 0; i < 6; i++) CHECK(ts_trpl_submit(p, counts, i) == TS_OK);
  CHECK(ts_trpl_submit(p, counts, 6) == TS_ERROR_ARGUMENT && strstr(ts_device_message(d), "6 histograms"));
  for (unsigned i = 0; i < 2; i++) CHECK(ts_trpl_poll(p, true, &r, &got) == TS_OK && got && r.index == i);
  CHECK(ts_trpl_submit(q, counts, 50) == TS_OK); /* another plan: the device is configured anew */
  CHECK(ts_trpl_poll(q, true, &r, &got) == TS_OK && got && r.index == 50);
  CHECK(ts_trpl_poll(p, true, &r, &got) == TS_OK && got && r.index == 2);
  ts_trpl_plan_destroy(p); /* with results waiting */
  for (unsigned i = 0; i < 6; i++) CHECK(ts_trpl_submit(q, counts, i) == TS_OK);
  for (unsigned i = 0; i < 6; i++) CHECK(ts_trpl_poll(q, true, &r, &got) == TS_OK && got && r.index == i);
  CHECK(ts_device_bytes_to(d) > 1000 && ts_device_bytes_from(d) > 1000);
  ts_trpl_plan_destroy(q);
  ts_device_close(d);
}

static void arguments(void) {
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  CHECK(ts_device_open(&d, "model", "z80", message) == TS_ERROR_ARGUMENT && strstr(message, "z80"));
  CHECK(ts_device_open(&d, "modem", "u16", message) == TS_ERROR_ARGUMENT && strstr(message, "modem"));
  setenv("TAUSTREAM_RTL_DIR", "/nonexistent", 1);
  CHECK(ts_device_open(&d, "rtl", "u16", message) == TS_ERROR_TRANSPORT && strstr(message, "/nonexistent") && strstr(message, "taustream-rtl-u16"));
  CHECK(strcmp(ts_error_name(TS_ERROR_TIMEOUT), "TS_ERROR_TIMEOUT") == 0);
  ts_error e;
  d = open_fake(fake_create(TS_ENGINE_E18), &e, message);
  uint8_t bytes[65] = {0};
  CHECK(ts_device_echo(d, bytes, 64) == TS_OK);
  CHECK(ts_device_echo(d, bytes, 0) == TS_OK);
  CHECK(ts_device_echo(d, bytes, 65) == TS_ERROR_ARGUMENT);
  ts_device_close(d);
  ts_device_close(NULL);
}

/* A child that ends at once, one that says nothing, one that only echoes. */
static void processes(void) {
  char dir[] = "/tmp/taustream-test-XXXXXX", path[256], message[TS_MESSAGE_BYTES];
  if (!mkdtemp(dir)) return;
  snprintf(path, sizeof path, "%s/taustream-rtl-u16", dir);
  setenv("TAUSTREAM_RTL_DIR", dir, 1);
  /* Only a silent child may meet its timeout: the others have all the time that a busy machine needs to start them. */
  const struct { const char *script, *timeout_s; ts_error e; } child[] = {
      {"#!/bin/sh\nexit 3\n", "60", TS_ERROR_TRANSPORT}, {"#!/bin/sh\nexec sleep 100\n", "0.3", TS_ERROR_TIMEOUT},
      {"#!/bin/sh\nexec cat\n", "60", TS_ERROR_PROTOCOL}, {"#!/bin/sh\nexec cat /dev/zero\n", "60", TS_ERROR_PROTOCOL}};
  for (size_t i = 0; i < sizeof child / sizeof *child; i++) {
    FILE *s = fopen(path, "w");
    if (!s) break;
    setenv("TAUSTREAM_TIMEOUT_S", child[i].timeout_s, 1);
    fputs(child[i].script, s);
    fclose(s);
    char command[300];
    snprintf(command, sizeof command, "chmod +x %s", path);
    if (system(command) != 0) break;
    ts_device *d = NULL;
    const ts_error e = ts_device_open(&d, "rtl", "u16", message);
    if (e != child[i].e) printf("child %zu: %s %s\n", i, ts_error_name(e), message);
    CHECK(e == child[i].e && d == NULL && message[0]);
  }
  remove(path);
  remove(dir);
  unsetenv("TAUSTREAM_RTL_DIR");
  unsetenv("TAUSTREAM_TIMEOUT_S");
}

int main(void) {
  setenv("TAUSTREAM_TIMEOUT_S", "0.15", 1); /* also for the answer to info */
  hostile();
  version_by_name();
  order_and_room();
  arguments();
  processes();
  return check_end();
}
