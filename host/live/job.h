/* What goes between the thread that takes photons and the one that fits: a frame, with its fit once it is done; some photons of a frame that is still
 * open; news of the device, in its place between the frames. A job and a queue belong to whoever holds them; neither locks anything. */
#ifndef TAUSTREAM_LIVE_JOB_H
#define TAUSTREAM_LIVE_JOB_H
#include "../command/trpl_range.h"
#include "source.h"

typedef enum live_news {
  LIVE_NEWS_NONE,
  LIVE_NEWS_RECONNECTED,        /* the library brought the device back: every frame is fitted */
  LIVE_NEWS_AWAY,               /* it did not: frames pass without a fit until the device could be opened anew */
  LIVE_NEWS_BACK
} live_news;

typedef struct live_job {
  struct live_job *next;
  ts_live_frame frame;
  size_t bins;
  uint64_t *counts;
  /* A part of an open frame's photons instead of a frame: their bins; is_first: from the frame's first photon on. NULL: a frame. */
  uint32_t *bin;
  size_t photons;
  bool is_first;
  live_news news;               /* instead of a frame; text: what to say of it */
  char *text;
  unsigned components;
  bool fresh;                   /* bins and coarse shift are found anew from this frame on */
  /* of the fit */
  ts_trpl_result result;        /* not fitted: nothing but NAN */
  const char *not_fitted;       /* NULL: it is */
  bool has_weights;             /* the fit and the result are of bins that count a part */
  bool by_device;               /* the device made the histogram from the photons */
  bin_range range;
  double *fit;                  /* expected counts of the range; NULL: not wanted, or no model */
  uint16_t config;
  uint8_t *config_payload, *irf_payload;   /* the device's configuration, with the first job that used it */
  size_t config_bytes, irf_bytes;
} live_job;

live_job *live_job_create(const live_axis *axis, const ts_live_frame *frame, const uint64_t *counts);   /* NULL: no memory */
live_job *live_job_create_part(uint64_t number, const uint32_t *bin, size_t n);   /* of frame `number`; NULL: no memory */
live_job *live_job_create_news(live_news news, const char *text);   /* NULL: no memory */
void live_job_free(live_job *j);

/* First in, first out. All zero: empty. */
typedef struct live_queue { live_job *first, **last; size_t n; } live_queue;
void live_queue_put(live_queue *q, live_job *j);
live_job *live_queue_take(live_queue *q);   /* NULL: empty */
#endif
