/* The worker's side of the queues. */
#include <math.h>
#include <unistd.h>

#include "fitter_inside.h"

static void nothing_known(ts_trpl_result *r, unsigned components)
{
  *r = (ts_trpl_result){.components = components, .counts = NAN, .lifetime_mean_amplitude_s = NAN, .lifetime_mean_amplitude_sigma_s = NAN,
                        .lifetime_mean_intensity_s = NAN, .lifetime_mean_intensity_sigma_s = NAN, .background_per_bin = NAN, .background_sigma = NAN,
                        .shift_s = NAN, .shift_sigma_s = NAN, .chi2_reduced = NAN, .deviance = NAN, .bic = NAN, .cycles = -1};
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++)
    r->lifetime_s[k] = r->lifetime_sigma_s[k] = r->lifetime_low_s[k] = r->lifetime_high_s[k] = r->amplitude[k] = r->amplitude_sigma[k] =
      r->amplitude_fraction[k] = NAN;
}

static void wake_caller(live_fitter *f)
{
  ssize_t ignored = write(f->pipe[1], "", 1);   /* full: it is readable anyway */
  (void)ignored;
}

static void hand_over(live_fitter *f, live_job *j)
{
  pthread_mutex_lock(&f->lock);
  if (j) live_queue_put(&f->out, j);
  if (f->device) {
    f->state.bytes_to = ts_device_bytes_to(f->device);
    f->state.bytes_from = ts_device_bytes_from(f->device);
  }
  pthread_mutex_unlock(&f->lock);
  wake_caller(f);
}

void fitter_report(live_fitter *f, live_news news, const char *text)
{
  pthread_mutex_lock(&f->lock);
  f->state.is_away = news == LIVE_NEWS_AWAY;
  pthread_mutex_unlock(&f->lock);
  hand_over(f, live_job_create_news(news, text));   /* no memory: the frames without a fit still say why */
}

void fitter_report_reconnects(live_fitter *f)
{
  const uint32_t reconnects = ts_device_get_info(f->device)->reconnects;   /* since it was opened */
  if (reconnects == f->reconnects) return;
  f->reconnects = reconnects;
  fitter_report(f, LIVE_NEWS_RECONNECTED, ts_device_reconnect_reason(f->device));
}

void fitter_deliver(live_fitter *f, live_job *j)
{
  if (f->device) fitter_report_reconnects(f);
  hand_over(f, j);
}

void fitter_deliver_unfitted(live_fitter *f, live_job *j, const char *why)
{
  nothing_known(&j->result, j->components);
  j->not_fitted = why;
  fitter_deliver(f, j);
}

/* Under the lock. */
static live_job *take_input(live_fitter *f)
{
  live_job *j = live_queue_take(&f->in);
  if (j && j->bin && --f->parts == PARTS_MAX / 2) wake_caller(f);
  return j;
}

size_t fitter_frames_waiting(const live_fitter *f) { return f->in.n - f->parts; }

live_job *fitter_next_input(live_fitter *f, bool wait)
{
  pthread_mutex_lock(&f->lock);
  while (wait && !f->in.n && !f->stop) pthread_cond_wait(&f->wake, &f->lock);
  live_job *j = f->stop ? NULL : take_input(f);
  pthread_mutex_unlock(&f->lock);
  return j;
}

bool fitter_is_stopped(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  bool stop = f->stop;
  pthread_mutex_unlock(&f->lock);
  return stop;
}

bool fitter_is_finishing(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  bool finish = f->finish || f->stop;
  pthread_mutex_unlock(&f->lock);
  return finish;
}

void fitter_let_pass(live_fitter *f, size_t keep)
{
  pthread_mutex_lock(&f->lock);
  for (size_t n = f->in.n; n; n--) {
    live_job *j = take_input(f);
    if (j->bin) live_job_free(j);
    else live_queue_put(&f->in, j);
  }
  pthread_mutex_unlock(&f->lock);
  for (;;) {
    pthread_mutex_lock(&f->lock);
    live_job *j = fitter_frames_waiting(f) > keep ? take_input(f) : NULL;
    pthread_mutex_unlock(&f->lock);
    if (!j) return;
    if (j->bin) live_job_free(j);
    else fitter_deliver_unfitted(f, j, "the device was away");
  }
}
