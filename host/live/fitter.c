/* The caller's side: the thread that takes photons makes a fitter, pushes frames and pops them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fitter_inside.h"

#define QUEUE_MAX 64u             /* frames that wait for the device */
#define QUEUE_COUNTS (1u << 22)   /* their bins together */
#define END_S 2                   /* for the thread's end */

static void *work(void *context)
{
  live_fitter *f = context;
  if (f->has_pins) fitter_work_pins(f);
  else fitter_work_histograms(f);
  pthread_mutex_lock(&f->lock);
  f->ended = true;
  pthread_cond_broadcast(&f->wake);
  pthread_mutex_unlock(&f->lock);
  return NULL;
}

static live_fitter *create(ts_device *d, ts_device *fits, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, bool waits, bool photons,
                           const live_pins *pins, const live_rule *rule)
{
  live_fitter *f = calloc(1, sizeof *f);
  if (!f) {
    ts_device_close(fits);
    ts_device_close(d);
    return NULL;
  }
  const ts_device_info *info = ts_device_get_info(d);
  f->device = d;
  f->fits = fits;
  f->counts_only = f->fits_here = fits != NULL;
  f->options = o;
  f->irf = irf;
  f->axis = *axis;
  f->curves = curves;
  f->waits = waits;
  f->photons = photons;
  if (pins) fitter_begin_pins(f, pins, rule);
  f->state.device = *info;
  if (fits) f->state.device.components_max = ts_device_get_info(fits)->components_max;
  snprintf(f->name, sizeof f->name, "%s", info->backend);
  snprintf(f->engine, sizeof f->engine, "%s", info->engine);
  f->room = QUEUE_COUNTS / axis->bins;
  if (f->room > QUEUE_MAX) f->room = QUEUE_MAX;
  f->sum = calloc(axis->bins, sizeof *f->sum);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&f->lock, NULL);
  pthread_cond_init(&f->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  f->pipe[0] = f->pipe[1] = -1;
  if (f->sum && !pipe(f->pipe) && !fcntl(f->pipe[0], F_SETFL, O_NONBLOCK) && !fcntl(f->pipe[1], F_SETFL, O_NONBLOCK))
    f->has_thread = !pthread_create(&f->thread, NULL, work, f);
  if (f->has_thread) return f;
  live_fitter_destroy(f);
  return NULL;
}

live_fitter *live_fitter_create(ts_device *d, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, bool waits,
                                bool photons)
{
  return create(d, NULL, o, irf, axis, curves, waits, photons, NULL, NULL);
}

live_fitter *live_fitter_create_pins(ts_device *d, ts_device *fits, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, const live_pins *pins,
                                     const live_rule *rule)
{
  return create(d, fits, o, irf, axis, curves, false, false, pins, rule);
}

void live_fitter_set_components(live_fitter *f, unsigned components, bool fresh)
{
  pthread_mutex_lock(&f->lock);
  f->wanted = components;
  f->wants_fresh = f->wants_fresh || fresh;
  pthread_mutex_unlock(&f->lock);
}

/* False: the thread has not ended in time. */
static bool end_thread(live_fitter *f)
{
  struct timespec t;
  int late = 0;
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_sec += END_S;
  pthread_mutex_lock(&f->lock);
  f->stop = true;
  pthread_cond_broadcast(&f->wake);
  while (!f->ended && !late) late = pthread_cond_timedwait(&f->wake, &f->lock, &t);
  const bool ended = f->ended;
  pthread_mutex_unlock(&f->lock);
  if (ended) pthread_join(f->thread, NULL);
  return ended;
}

bool live_fitter_destroy(live_fitter *f)
{
  if (!f) return true;
  if (f->has_thread && !end_thread(f)) return false;
  for (live_job *j; (j = live_queue_take(&f->in)) != NULL;) live_job_free(j);
  for (live_job *j; (j = live_queue_take(&f->out)) != NULL;) live_job_free(j);
  for (live_job *j; (j = live_queue_take(&f->flight)) != NULL;) live_job_free(j);
  fitter_drop_plans(f);
  ts_device_close(f->fits);
  ts_device_close(f->device);
  for (int i = 0; i < 2; i++)
    if (f->pipe[i] >= 0) close(f->pipe[i]);
  pthread_cond_destroy(&f->wake);
  pthread_mutex_destroy(&f->lock);
  free(f->sum);
  free(f->weight);
  free(f);
  return true;
}

bool live_fitter_push_part(live_fitter *f, live_job *j)
{
  pthread_mutex_lock(&f->lock);
  const bool fits = f->parts < PARTS_MAX;
  if (fits) {
    f->parts++;
    live_queue_put(&f->in, j);
    pthread_cond_signal(&f->wake);
  }
  pthread_mutex_unlock(&f->lock);
  return fits;
}

bool live_fitter_push(live_fitter *f, live_job *j)
{
  if (f->pending >= 2 * (size_t)f->room) return false;
  pthread_mutex_lock(&f->lock);
  bool fits = fitter_frames_waiting(f) < f->room;
  if (fits) {
    live_queue_put(&f->in, j);
    pthread_cond_signal(&f->wake);
  }
  pthread_mutex_unlock(&f->lock);
  if (fits) f->pending++;
  return fits;
}

void live_fitter_finish(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  f->finish = true;
  pthread_cond_signal(&f->wake);
  pthread_mutex_unlock(&f->lock);
}

live_job *live_fitter_pop(live_fitter *f)
{
  uint8_t drop[64];
  while (read(f->pipe[0], drop, sizeof drop) > 0) {}
  pthread_mutex_lock(&f->lock);
  live_job *j = live_queue_take(&f->out);
  pthread_mutex_unlock(&f->lock);
  if (j && !j->news && !f->has_pins) f->pending--;
  return j;
}

size_t live_fitter_pending(const live_fitter *f) { return f->pending; }
int live_fitter_fd(const live_fitter *f) { return f->pipe[0]; }

void live_fitter_get_state(live_fitter *f, live_fitter_state *s)
{
  pthread_mutex_lock(&f->lock);
  *s = f->state;
  pthread_mutex_unlock(&f->lock);
}
