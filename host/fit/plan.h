/* A plan's inside: shared by plan creation, submission, results and curves. */
#ifndef TS_FIT_PLAN_H
#define TS_FIT_PLAN_H
#include "../session/device_private.h"
#include "irf.h"
#include "layout.h"
#include "matrix.h"

/* What the host asks of every fit. */
#define TS_SHIFT_MAX_BINS 3
/* Evaluations of a fit with 1 to 4 components, at most: of 2e4 fits of random decays that end ok 2 need more. A fit's clocks are bounded by it. */
#define TS_EVALUATIONS_MAX {40, 80, 80, 120}
#define TS_STARTS_MAX 8
#define TS_RATE_MAX 2.0
#define TS_RATE_MIN_WINDOWS 50.0               /* longest lifetime, in windows */
#define TS_PERIOD_WINDOWS 256.0                /* a longer period is this to the device: nothing of earlier pulses is left, and its first lifetime is at least 1/500 of it */
#define TS_BACKGROUND_MIN (1.0 / 16384)
/* In windows of more bins than the first the fine bins go on until the second of the response's sum lies behind them, for at most the third of the bins. */
#define TS_TAIL_BINS_MIN 512
#define TS_TAIL_IN_GROUPS 0.03
#define TS_TAIL_FINE_PART (1.0 / 40)
#define TS_ACCEPT_SIGMAS 3.0                   /* chi2 below dof + 3 sqrt(2 dof): no further start */

#define TS_LAYOUT_COMPACT (1u << 25)           /* of the layout's model word: results without the Fisher matrix */

/* Judgement of a result (documented in the man page under STATUS). */
#define TS_COUNTS_PER_PARAMETER 10.0           /* fewer: insufficient_data */
#define TS_AMPLITUDE_SIGMAS 3.0                /* nearer to zero: order_unsupported */
/* A short component's amplitude and lifetime make up for each other: each may be badly known where the component is certain. It is when its
 * amplitude is so far from zero with the lifetime as it is (the square is about what the deviance gains by the component). */
#define TS_COMPONENT_SIGMAS 5.0
#define TS_COMPONENT_LIFETIME_SIGMAS 4.0       /* then its lifetime is so far from the next, and the window from it by TS_LIFETIME_SIGMAS */
/* Of the Fisher matrix scaled to a unit diagonal. The device's words leave errors of about 3e-5 there; directions that are
 * resolved have 5e-4 and more. Below: order_unsupported, sigmas null. */
#define TS_EIGENVALUE_MIN 2.5e-4
#define TS_LIFETIME_SIGMAS 3.0                 /* two lifetimes nearer to each other, or a rate nearer to zero: order_unsupported */
#define TS_AMPLITUDE_ZERO 1e-6                 /* of all amplitudes: at_limit */
#define TS_INTERVAL_SIGMAS 1.96
#define TS_POOR_FIT_Z 3.0902                   /* 99.9 % quantile of the normal distribution */
#define TS_RARE_VARIANCE 3.0                   /* of chi2, a degree of freedom: more than the 2 of many counts and half as much again */
#define TS_TOGETHER_Z 3.719                    /* 99.99 % quantile: a second look */
#define TS_PILE_UP_RATE 0.05                   /* photons a pulse */
#define TS_NOT_POISSON_Z 4.7534                 /* 1e-6 quantile of the normal distribution, below */
#define TS_SCATTER_COUNTS 5.0                   /* expected in each cell whose scatter is judged */
#define TS_IRF_NOISE_SEEN 0.05                  /* IRFs whose counts make less of the counts' variance are as good as without noise */
#define TS_ODD_DEVIANCE 45.0                    /* of one bin, or of a gap: by chance in one fit of 1e6 and more */
#define TS_MISFIT_SIGMAS 4.4                    /* in one of the usual ways: poor_fit. With up to nine of them chance makes it in one fit of 1e4 */
#define TS_TAILS_SIGMAS 1.5                    /* tails of earlier pulses, were the window the period, are seen so clearly: period_unknown. Lifetimes are off by 0.3 to 0.6 of it */
#define TS_TAPS_SHORT 8                         /* of the device's polynomial below FWHM 3, where an exact one is wrong */
#define TS_NODES_HOST 10                       /* of the polynomial between the IRF's bins in the host's model */
#define TS_LEFT_SIGMAS 0.4                     /* from the device's answer to the maximum of the likelihood, of all parameters together: more, and the host goes on */
#define TS_BIAS_SIGMAS 0.5                     /* a lifetime's bias by the device's response is more: irf_approximated */

typedef struct ts_slot {         /* what the plan keeps of a histogram in flight */
  uint64_t index;
  unsigned scale_log2;           /* counts were divided by 2^scale_log2 */
  double total;
  size_t filled;                 /* bins with counts */
  uint64_t largest;              /* of the counts */
  uint64_t *counts;              /* bins_used of them; NULL: not known */
  const uint32_t *groups;        /* then the groups' sums, or NULL as well */
} ts_slot;

typedef struct ts_response {     /* an IRF on a grid */
  double *g;
  size_t n;
  unsigned nodes;                /* of the polynomial between its bins (even); 0: pulses */
  double place;                  /* of the pulses in their bins; of the Gauss */
  double sigma;                  /* above 0: a Gauss, exactly; g is not looked at */
} ts_response;

struct ts_trpl_plan {
  ts_device *device;
  ts_trpl_options options;       /* its irf pointer is not kept */
  unsigned flags;
  size_t bins;                   /* of a submitted histogram */
  size_t factor, bins_used;      /* factor bins make one of the device; bins_used = factor x layout.bins */
  long shift_bins;               /* whole bins by which the IRF stands shifted already */
  double irf_offset;             /* of ts_irf */
  double rebin_offset;           /* by which the device's pulses at its bins' centres stand later than g's, our bins */
  double irf_counts;
  double *g;                     /* that IRF, bins_used values; the whole IRF has sum 1 */
  double pulse;                  /* its mean, our bins from the window's start; 0 in a tail fit */
  double *irf_noise;             /* variances of g by the IRF's counts, bins_used values; NULL: not known, or too small to matter */
  double irf_level_variance;     /* of the level that was taken off g from irf_level_from on */
  size_t irf_level_from;
  double *irf_noise_room;
  double irf_noise_counts;       /* histograms of fewer counts do not see it */
  unsigned delta, taps, shift_taps; /* delta: the device takes the IRF's words as 0: a histogram, 1: pulses blurred by a Gauss, 2: pulses at left edges (tail fit) */
  double blur;                   /* sigma of that Gauss, bins of the device */
  ts_sharp gauss;                /* the IRF within its bins, on p->g's grid; sigma 0: not known */
  double shift_reach;            /* bins by which the host may move a shift that stopped at the end of the device's range */
  bool unfinished;               /* the device lacks what lies before the window: the host finishes the fit (refit.c) */
  /* The response as the host knows it where the device's is coarser, or lacks what lies before the window; fine.n 0: it is not. */
  ts_response fine;
  size_t lead;                   /* of our bins before the window on its grid */
  unsigned parts;                /* of its grid to one of our bins */
  double fine_offset;            /* by which it stands later than p->g, in its bins */
  ts_response own;               /* the device's, on its bins */
  double *scratch;
  ts_layout layout;
  uint32_t *edge;                /* layout.groups + 1 */
  unsigned free_parameters;
  bool free[TS_PARAMETERS_MAX];  /* in the order of the Fisher matrix: 2 components + 2 of them */
  uint16_t config;
  uint8_t *config_payload, *irf_payload;
  size_t config_bytes, irf_bytes;
  ts_slot *slots;                /* one for each of the session's jobs */
  uint64_t *slot_counts;
  double *expected;              /* scratch, bins_used */
  double *misfit_room;           /* of ts_misfit() */
  uint32_t *misfit_edge;
  double *refit;                 /* scratch of ts_trpl_refit(), made when first used */
};

/* Expected counts a bin for parameters in bins: shift is relative to p->g, amplitudes and background are counts a bin. */
void ts_curve(const ts_trpl_plan *p, unsigned components, const double *amplitude, const double *rate, double shift, double background,
              double *expected);

/* The response of p->gauss with another sigma. */
ts_response ts_sharp_response(const ts_trpl_plan *p, double sigma);

/* Adds amplitude times the response to a decay of this rate to expected; everything in bins of its grid. */
void ts_response_add(const ts_response *r, double amplitude, double rate, double shift, double period, double *expected);

/* bias.c */
ts_error ts_bias_prepare(ts_trpl_plan *p, const ts_irf *irf, const double *g);
/* By how much the parameters (ln a_k, ln tau_k, ..., shift, background, in bins and counts of the device) come out wrong to
 * first order because of the device's coarser response; held: when the shift sticks where it is. covariance: zero where a
 * parameter is held. */
void ts_bias(ts_trpl_plan *p, const double *amplitude, const double *rate, double shift, double background,
             ts_matrix covariance, double *bias, double *held);

/* irf_noise.c. Takes the IRF's noise to the plan; no memory: an error. */
ts_error ts_irf_noise_prepare(ts_trpl_plan *p, const ts_irf *irf);
/* Adds to the covariance (parameters and units of ts_estimate, n of them, those without variance are held) what the IRF's counts leave open: to first order
 * F^-1 sum J dmu / mu over the groups. counts: of the histogram. amplitude, rate, shift, background: our bins, p->g.
 * per_bin: ts_estimate; counts were divided by 2^scale_log2 for the device. */
void ts_irf_noise_add(const ts_trpl_plan *p, double counts, const double *amplitude, const double *rate, double shift, double background, double per_bin, unsigned scale_log2,
                      ts_matrix covariance);

/* Variance that the IRF's counts add to sum y_i mu_i over our bins; pull: room for as many. */
double ts_irf_noise_of(const ts_trpl_plan *p, double counts, const double *amplitude, const double *rate, double shift, const double *y, double *pull);

/* misfit.c */
ts_error ts_misfit_prepare(ts_trpl_plan *p);

/* How long after the pulse the decay was measured, our bins, where lifetimes are as long as 1/rate: to the window's end; where the next pulse comes soon, before it as well. */
double ts_measured(const ts_trpl_plan *p, double rate, double shift);

/* A plan to count frames with (ts_frames_open, dry), on a device that need not hold fits. */
ts_error ts_plan_create_counting(ts_trpl_plan **plan, ts_device *d, double bin_width_s, size_t bins);

/* The device gets this plan's configuration unless it has it. Errors are the session's: its message is not taken over yet. */
ts_error ts_plan_configure(const void *plan);

/* Whether the device has p->gauss itself. */
static inline bool ts_blurred(const ts_trpl_plan *p) { return p->delta == 1 && p->gauss.sigma > 0; }

/* The host goes on from the device's result, with p->gauss and its width a parameter, where the device lacks a part of the response or what the IRF's histogram
 * leaves open about the width moves a lifetime, or kept the device from an end; and where the shift is beyond the device's range; or it begins anew (ts_restart). Else the result stays.
 * counts: bins_used. */
ts_error ts_finish(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r);
/* A fit that the device lost beside held lifetimes, begun anew by the host: restart.c */
ts_error ts_restart(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r);
/* The coarse shift by a fit of this plan's own components to the example, from the one of the search (shift.h), whose fixed lifetimes are off by up to a quarter of a wide
 * response; it stays where the device reaches the other one. */
ts_error ts_refine_shift(ts_trpl_plan *p, const double *example, long *shift);
/* The plan's fits begin at what a fit of the example found (options.alike). start.c */
ts_error ts_start_like(ts_trpl_plan *p, const double *example);
/* Is there another answer that describes these counts as well? Then order_unsupported, or at_limit. rival.c */
ts_error ts_rival(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r);

/* Takes the counts, p->bins_used of them, into the slot, and what is known of them as a whole. */
void ts_slot_fill(const ts_trpl_plan *p, ts_slot *slot, const uint64_t *counts);
/* A result as ts_trpl_poll() gives it: ts_result_make() and, where the slot has the counts, the host's look at it. full: a counter of the device stood at its maximum. */
ts_error ts_result_judge(ts_trpl_plan *p, const ts_slot *slot, const uint8_t *payload, size_t bytes, bool full, ts_trpl_result *r);
/* The same of the frame that ts_frames_next() gave last, with its counts, bins_used of them: they did not come with it. */
ts_error ts_frames_judge(ts_frames *f, const uint64_t *counts, ts_trpl_result *r);
/* The frame that was closed: ts_frames_next() that waits for it, and takes a device that does not send it for one that has gone. */
ts_error ts_frames_await(ts_frames *f, ts_frame *frame);

/* From the result payload of a job to units and a judgement. */
void ts_result_make(ts_trpl_plan *p, const ts_slot *slot, const uint8_t *payload, size_t bytes, ts_trpl_result *r);
#endif
