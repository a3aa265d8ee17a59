/* The device went away for good: what it had is delivered without a fit, and it is opened again when it is back. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "fitter_inside.h"

#define RETRY_S 1

bool fitter_may_come_back(ts_error e)
{
  return e == TS_ERROR_TRANSPORT || e == TS_ERROR_TIMEOUT || e == TS_ERROR_PROTOCOL;
}

static void fail(live_fitter *f, const char *message)
{
  pthread_mutex_lock(&f->lock);
  f->state.has_failed = true;
  snprintf(f->state.message, sizeof f->state.message, "%s", message);
  pthread_mutex_unlock(&f->lock);
}

/* Opens the device again, however long it takes. False: nothing more will come that is worth the wait. */
static bool wait_for_device(live_fitter *f)
{
  char message[TS_MESSAGE_BYTES];
  while (!fitter_is_finishing(f)) {
    if (!ts_device_open(&f->device, f->name, f->engine, message)) {
      f->reconnects = 0;
      fitter_report(f, LIVE_NEWS_BACK, "the device is back");
      return true;
    }
    fitter_let_pass(f, f->room / 2);
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += RETRY_S;
    pthread_mutex_lock(&f->lock);
    while (!f->stop && !f->finish && fitter_frames_waiting(f) <= f->room / 2 && f->parts < PARTS_MAX / 2 && pthread_cond_timedwait(&f->wake, &f->lock, &t) != ETIMEDOUT) {}
    pthread_mutex_unlock(&f->lock);
  }
  return false;
}

bool fitter_trouble(live_fitter *f, ts_error e, live_job *j)
{
  char message[TS_MESSAGE_BYTES];
  const char *particulars = ts_device_message(f->device);
  const bool is_away = fitter_may_come_back(e) || e == TS_ERROR_DEVICE, goes_on = fitter_may_come_back(e) && !f->waits;
  const char *why = is_away ? "the device went away" : e == TS_ERROR_ARGUMENT || e == TS_ERROR_INPUT ? "the options do not fit these data" : ts_error_text(e);
  snprintf(message, sizeof message, "%.100s%s%.380s", ts_error_text(e), *particulars ? ": " : "", particulars);
  if (!fitter_may_come_back(e) && e != TS_ERROR_DEVICE) snprintf(message, sizeof message, "%s", *particulars ? particulars : ts_error_text(e));
  fitter_report_reconnects(f);
  if (goes_on) fitter_report(f, LIVE_NEWS_AWAY, message);
  else fail(f, message);
  fitter_drop_plans(f);
  for (live_job *x; (x = live_queue_take(&f->flight)) != NULL;) fitter_deliver_unfitted(f, x, why);
  if (j) fitter_deliver_unfitted(f, j, why);
  f->given_up = is_away ? "the device was away" : why;
  ts_device_close(f->device);
  f->device = NULL;
  f->told = 0;
  return goes_on && wait_for_device(f);
}
