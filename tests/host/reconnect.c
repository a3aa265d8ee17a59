/* A stream that breaks in the middle: what the session and the plans do about it, with a fake device behind the transport's functions. */
#include "check.h"
#include "fake_device.h"
#include "session/device_private.h"

enum { BINS = 64, ENDS_MAX = 16 };

/* How each opening after the first goes. */
typedef enum opening { OPEN_GOOD, OPEN_FAILS, OPEN_OTHER_DEVICE, OPEN_SILENT, OPEN_BREAKS_AT_CONFIG, OPEN_BREAKS_AT_RESULT } opening;

typedef struct script {
  opening next[ENDS_MAX];
  unsigned n, at, waits;
  bool gone; /* for good */
} script;

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

static fake_device *make(opening how) {
  fake_device *f = fake_create(TS_ENGINE_E18);
  good_result(f);
  if (how == OPEN_OTHER_DEVICE) f->info[TS_INFO_GATEWARE_VERSION] = TS_GATEWARE_VERSION + 1;
  if (how == OPEN_SILENT) f->fault = FAKE_SILENT, f->at_type = TS_MSG_INFO_REQUEST;
  if (how == OPEN_BREAKS_AT_CONFIG) f->fault = FAKE_ENDED, f->at_type = TS_MSG_CONFIG;
  if (how == OPEN_BREAKS_AT_RESULT) f->fault = FAKE_ENDED, f->at_type = TS_MSG_HISTOGRAM_GROUPED;
  return f;
}

static ts_error reopen(void *context, ts_transport **t, char *message) {
  script *s = context;
  const opening how = s->gone ? OPEN_FAILS : s->at < s->n ? s->next[s->at++] : OPEN_GOOD;
  if (how == OPEN_FAILS) {
    snprintf(message, TS_MESSAGE_BYTES, "not there");
    return TS_ERROR_TRANSPORT;
  }
  *t = &make(how)->base;
  return TS_OK;
}

static void no_wait(void *context, int timeout_ms) {
  (void)timeout_ms;
  ((script *)context)->waits++;
}

static ts_device *open_fake(fake_device *f, script *s) {
  ts_device *d = NULL;
  char message[TS_MESSAGE_BYTES];
  CHECK(ts_device_open_transport(&d, &f->base, "fake", NULL, message) == TS_OK);
  ts_session_set_timeout(d->session, 20000);
  d->reopen = (ts_reopen){reopen, no_wait, s};
  d->reconnect_ms = 20000;
  return d;
}

static ts_trpl_plan *make_plan(ts_device *d) {
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  ts_trpl_plan *p = NULL;
  CHECK(ts_trpl_plan_create(&p, d, &o, BINS, NULL) == TS_OK);
  return p;
}

static void counts_of(uint64_t *counts) {
  for (unsigned i = 0; i < BINS; i++) counts[i] = 100 - i;
}

/* Submits and polls n histograms; the result's index must come in order, each once. */
static ts_error batch(ts_device *d, ts_trpl_plan *p, unsigned n) {
  uint64_t counts[BINS];
  unsigned sent = 0, done = 0;
  ts_error e = TS_OK;
  counts_of(counts);
  while (!e && done < n) {
    while (!e && sent < n && sent - done < ts_trpl_in_flight_max(p)) e = ts_trpl_submit(p, counts, sent++);
    ts_trpl_result r;
    bool got = false;
    if (!e) e = ts_trpl_poll(p, true, &r, &got);
    if (e) break;
    CHECK(got && r.index == done && r.lifetime_s[0] > 0);
    done++;
  }
  (void)d;
  return e;
}

static void comes_back(void) {
  const struct { opening next[ENDS_MAX]; unsigned n, reconnects; ts_error e; const char *text; } way[] = {
      {{OPEN_GOOD}, 1, 1, TS_OK, "the stream ended; connected again"},
      {{OPEN_FAILS, OPEN_FAILS, OPEN_GOOD}, 3, 1, TS_OK, "the stream ended; connected again"},
      {{OPEN_BREAKS_AT_CONFIG, OPEN_GOOD}, 2, 2, TS_OK, "the stream ended; connected again"},
      {{OPEN_BREAKS_AT_CONFIG, OPEN_BREAKS_AT_RESULT, OPEN_GOOD}, 3, 3, TS_OK, "the stream ended; connected again"},
      {{OPEN_BREAKS_AT_RESULT, OPEN_BREAKS_AT_RESULT, OPEN_BREAKS_AT_RESULT, OPEN_GOOD}, 4, 3, TS_ERROR_TRANSPORT, "given up after 3"},
      {{OPEN_OTHER_DEVICE}, 1, 0, TS_ERROR_TRANSPORT, "another device came back: its gateware_version is 513, was 512"},
      {{OPEN_SILENT, OPEN_GOOD}, 2, 1, TS_OK, "the stream ended; connected again"}};
  for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
    script s = {.n = way[i].n};
    memcpy(s.next, way[i].next, sizeof s.next);
    ts_device *d = open_fake(make(OPEN_BREAKS_AT_RESULT), &s);
    if (way[i].next[0] == OPEN_SILENT) ts_session_set_timeout(d->session, 50);
    ts_trpl_plan *p = make_plan(d);
    const ts_error e = batch(d, p, 20);
    ts_trpl_plan *other = e ? NULL : make_plan(d); /* what comes between does not take the reason away */
    const char *told = e ? ts_device_message(d) : ts_device_reconnect_reason(d);
    if (e != way[i].e || !strstr(told, way[i].text)) printf("way %zu: %s: %s\n", i, ts_error_name(e), told);
    CHECK(e == way[i].e && strstr(told, way[i].text));
    ts_trpl_plan_destroy(other);
    CHECK(ts_device_get_info(d)->reconnects == way[i].reconnects);
    if (e) { /* what is over stays over, and nothing is freed twice */
      ts_trpl_result r;
      bool got = true;
      CHECK(ts_trpl_poll(p, true, &r, &got) != TS_OK && !got);
      CHECK(ts_device_echo(d, (const uint8_t *)"x", 1) != TS_OK);
    }
    ts_trpl_plan_destroy(p);
    ts_device_close(d);
  }
}

static void stays_away(void) {
  script s = {.gone = true};
  for (int off = 0; off < 2; off++) {
    ts_device *d = open_fake(make(OPEN_BREAKS_AT_RESULT), &s);
    ts_trpl_plan *p = make_plan(d);
    d->reconnect_ms = off ? 0 : 1;
    CHECK(batch(d, p, 3) == TS_ERROR_TRANSPORT && strstr(ts_device_message(d), off ? "the stream ended" : "not connected again within 0.001 s: not there"));
    CHECK(!off == (s.waits > 0));
    s.waits = 0;
    ts_trpl_plan_destroy(p);
    ts_device_close(d);
  }
}

/* Histograms of two plans in flight, some results there already: each plan's configuration is sent again before its own. */
static void two_plans(void) {
  script s = {.n = 0};
  fake_device *f = make(OPEN_GOOD);
  f->info[TS_INFO_JOBS_IN_FLIGHT] = 8;
  f->backwards = true; /* holds all results back */
  ts_device *d = open_fake(f, &s);
  ts_trpl_plan *p = make_plan(d), *q = make_plan(d);
  uint64_t counts[BINS];
  counts_of(counts);
  for (unsigned i = 0; i < 3; i++) CHECK(ts_trpl_submit(p, counts, i) == TS_OK);
  for (unsigned i = 0; i < 3; i++) CHECK(ts_trpl_submit(q, counts, 10 + i) == TS_OK);
  f->closed_stream = true; /* unplugged */
  ts_trpl_result r;
  bool got = false;
  f = NULL;
  /* The device that comes back tells 2 jobs in flight, not 8: it is another. */
  CHECK(ts_trpl_poll(p, true, &r, &got) == TS_ERROR_TRANSPORT && strstr(ts_device_message(d), "jobs_in_flight is 2, was 8"));
  ts_trpl_plan_destroy(p);
  ts_trpl_plan_destroy(q);
  ts_device_close(d);

  f = make(OPEN_GOOD);
  f->backwards = true;
  d = open_fake(f, &s);
  p = make_plan(d);
  q = make_plan(d);
  CHECK(ts_trpl_submit(p, counts, 0) == TS_OK); /* held back: two are needed */
  CHECK(ts_trpl_submit(q, counts, 10) == TS_OK); /* p's and q's now come */
  CHECK(ts_trpl_submit(p, counts, 1) == TS_OK);
  f->closed_stream = true;
  CHECK(ts_trpl_poll(q, true, &r, &got) == TS_OK && got && r.index == 10); /* it had come: it is kept */
  CHECK(ts_device_get_info(d)->reconnects == 0);
  CHECK(ts_trpl_poll(p, true, &r, &got) == TS_OK && got && r.index == 0);
  CHECK(ts_trpl_poll(p, true, &r, &got) == TS_OK && got && r.index == 1);
  CHECK(ts_device_get_info(d)->reconnects == 1);
  CHECK(ts_trpl_poll(p, true, &r, &got) == TS_OK && !got && ts_trpl_poll(q, true, &r, &got) == TS_OK && !got);
  /* A plan that goes away while the stream is broken takes its histograms along. */
  CHECK(ts_trpl_submit(p, counts, 2) == TS_OK);
  CHECK(ts_trpl_submit(q, counts, 11) == TS_OK);
  ts_trpl_plan_destroy(p);
  CHECK(ts_trpl_poll(q, true, &r, &got) == TS_OK && got && r.index == 11);
  ts_trpl_plan_destroy(q);
  ts_device_close(d);
}

/* A job of a kind that nobody can prepare the device for again: no reconnection. */
static void not_repeatable(void) {
  script s = {.n = 0};
  fake_device *f = make(OPEN_GOOD);
  f->backwards = true;
  ts_device *d = open_fake(f, &s);
  ts_trpl_plan *p = make_plan(d);
  uint64_t counts[BINS];
  ts_trpl_result r;
  bool got = false;
  counts_of(counts);
  CHECK(ts_trpl_submit(p, counts, 0) == TS_OK);
  ts_job *job = ts_session_reserve(d->session);
  CHECK(job && !job->prepare);
  job->owner = d;
  job->payload_bytes = 0;
  job->config = 1;
  job->result_bytes = 4;
  f->closed_stream = true;
  CHECK(ts_session_submit(d->session, job) == TS_OK || ts_session_broken(d->session));
  CHECK(ts_trpl_poll(p, true, &r, &got) != TS_OK && !got && ts_device_get_info(d)->reconnects == 0);
  ts_session_disown(d->session, d);
  ts_trpl_plan_destroy(p);
  ts_device_close(d);
}

int main(void) {
  comes_back();
  stays_away();
  two_plans();
  not_repeatable();
  return check_end();
}
