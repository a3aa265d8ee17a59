/* What is shown of a live measurement: decay, fit and residuals, lifetimes over time, rates, status; drawn into a screen. */
#ifndef TAUSTREAM_LIVE_VIEW_H
#define TAUSTREAM_LIVE_VIEW_H
#include "fitter.h"
#include "screen.h"

#define LIVE_HISTORY 4096         /* frames of which the lifetimes are kept; more are thinned out by two */

typedef struct live_point {
  double time_s;
  double tau_s[TS_COMPONENTS_MAX], low_s[TS_COMPONENTS_MAX], high_s[TS_COMPONENTS_MAX];
  bool is_ok;
} live_point;

typedef struct live_view {
  live_axis axis;
  const char *source;
  live_job *last;                 /* the newest fitted frame; owned */
  live_point *history;
  size_t points, stride, skipped; /* every stride-th frame is kept */
  double mark_s[16]; size_t marks;
  bool frozen;
  char note[160];                 /* of the last key or trouble */
  /* set by the owner before a draw */
  const char *state;              /* "running", ... */
  const char *device, *record;    /* names; record NULL: no recording */
  uint64_t frames, record_bytes, not_ok;
  size_t pending;
} live_view;

bool live_view_begin(live_view *v, const live_axis *axis, const char *source);
void live_view_free(live_view *v);
void live_view_frame(live_view *v, live_job *j);   /* takes the job over */
void live_view_reset(live_view *v);
void live_view_mark(live_view *v);
void live_view_draw(const live_view *v, live_screen *s);
#endif
