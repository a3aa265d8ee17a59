/* What the files of the fitter share: fitter.c is the caller's side, everything declared here is called in the worker's thread.
 *
 * fitter_histograms.c and fitter_pins.c are the worker's two ways to work; they use fitter_queues.c, fitter_plans.c, fitter_results.c (with
 * fitter_weights.c), fitter_photons.c and fitter_trouble.c. */
#ifndef TAUSTREAM_LIVE_FITTER_INSIDE_H
#define TAUSTREAM_LIVE_FITTER_INSIDE_H
#include <pthread.h>

#include "fitter.h"

#define SETTLED_COUNTS 20000.0
#define PARTS_MAX 64u             /* of open frames' photons, waiting for the device */

struct live_fitter {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool has_thread;
  int pipe[2];
  /* under the lock */
  live_queue in, out;
  size_t parts;                   /* in `in`, of open frames */
  bool stop, finish, ended;       /* ended: the thread */
  unsigned wanted;                /* components; 0: as they are */
  bool wants_fresh;
  live_fitter_state state;
  /* of the thread that pushes and pops */
  size_t pending, room;
  /* of the worker */
  ts_device *device;
  ts_device *fits;                /* pins: the model that fits frames here; NULL until it is needed */
  bool counts_only;               /* pins of a device that holds no fits: all its frames are fitted here, else those before bins and shift are known */
  bool fits_here;                 /* plan and other are of `fits`, not of the device */
  const trpl_options *options;
  const trpl_irf *irf;
  live_axis axis;
  bool curves, waits, photons;
  bool has_pins;
  live_pins pins;
  live_rule rule;
  uint64_t number;                /* pins: of the next frame */
  uint32_t clock_of;              /* how often the device had come back by itself when zero_s was found */
  double heard_s, slowest_s;      /* when the last frame of pins came, or the measurement began; longest time between two */
  bool looked;                    /* the open frame was closed to see whether pulses come */
  double begun_s, zero_s, last_end_s;   /* host's clock at the start; time of the device's clock 0, NAN: not known */
  ts_frames *frames;              /* of the device, with plan or counting; NULL: histograms are sent */
  bool is_streaming;              /* the device has all photons of the open frame stream_number that came so far, `streamed` of them */
  uint64_t stream_number, streamed;
  ts_trpl_plan *counting;         /* of a measurement that fits nothing */
  ts_trpl_plan *plan, *other;     /* other: found by a second try; takes the place of plan once that has nothing in flight */
  bin_range range;
  unsigned components;
  double *sum, sum_counts;        /* of the first frames */
  double *weight;                 /* of all bins, then their errors; made when first needed */
  bool settled;
  uint32_t reconnects;            /* of the device that is open, as far as told */
  uint16_t told;                  /* configuration that a job carried out last */
  live_queue flight;
  char name[256], engine[8];
  const char *given_up;           /* why no more is fitted */
};

/* ---- queues ---- */
live_job *fitter_next_input(live_fitter *f, bool wait);   /* wait: until there is one or the fitter is to stop; NULL: none, or it is to stop */
size_t fitter_frames_waiting(const live_fitter *f);       /* under the lock */
/* Frames that wait beyond `keep` go on without a fit, and photons of open ones are dropped: a device that was away knows nothing of them. */
void fitter_let_pass(live_fitter *f, size_t keep);
/* A frame, behind the news of what came before it. */
void fitter_deliver(live_fitter *f, live_job *j);
void fitter_deliver_unfitted(live_fitter *f, live_job *j, const char *why);
void fitter_report(live_fitter *f, live_news news, const char *text);
void fitter_report_reconnects(live_fitter *f);            /* those that were not told yet */
bool fitter_is_stopped(live_fitter *f);
bool fitter_is_finishing(live_fitter *f);                 /* or stopped */

/* ---- plans ---- */
ts_error fitter_make_plan(live_fitter *f, ts_trpl_plan **plan, unsigned components, const double *example);
/* The plan for this job, made anew while the first frames are summed. Nothing is in flight. TS_ERROR_INPUT while they are few: this frame has none. */
ts_error fitter_prepare(live_fitter *f, const live_job *j);
void fitter_drop_plans(live_fitter *f);
void fitter_drop_fits(live_fitter *f);                    /* plan and other; a measurement of `fits` goes on */
void fitter_tell_plan(live_fitter *f, bool has_plan);      /* state.has_no_plan; the device's message says why */
ts_error fitter_tell(live_fitter *f, ts_error e);         /* an error of `fits`, if that is at work, as one of the device */

/* ---- results ---- */
/* A job that has its result from the plan. It is delivered unless there is an error. */
ts_error fitter_give(live_fitter *f, live_job *j);
/* The result of this plan with --dnl and --pile-up correct in it; the curve as it is counted. *why is set when that cannot be of this frame. */
ts_error fitter_correct(live_fitter *f, live_job *j, ts_trpl_plan *plan, const char **why);
void fitter_weigh_curve(const live_fitter *f, live_job *j);

/* ---- photons that are sent ---- */
/* Photons of the open frame, in the order of their arrival, as soon as they are there. What goes wrong here is found out by the frame's end. */
void fitter_stream_part(live_fitter *f, live_job *part);
/* One frame by the device's own front end; it is delivered unless there is an error. What was not sent while it was open is sent from its histogram. */
ts_error fitter_fit_photons(live_fitter *f, live_job *j);
void fitter_drop_frames(live_fitter *f);

/* ---- trouble ---- */
bool fitter_may_come_back(ts_error e);
/* After an error of the library; j: the job at hand, not in flight. False: nothing more can be fitted. */
bool fitter_trouble(live_fitter *f, ts_error e, live_job *j);

/* ---- ways to work ---- */
extern const char fitter_no_fit[];                        /* why a frame of a calibration is not fitted */
void fitter_work_histograms(live_fitter *f);
void fitter_begin_pins(live_fitter *f, const live_pins *pins, const live_rule *rule);
void fitter_work_pins(live_fitter *f);
#endif
