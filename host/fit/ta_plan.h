/* A transient-absorption plan's inside: shared by plan, start and result. */
#ifndef TS_FIT_TA_PLAN_H
#define TS_FIT_TA_PLAN_H
#include "../session/device_private.h"
#include "matrix.h"
#include "ta_basis.h"

#define TS_TA_UNITS_PER_SIGMA 65536.0          /* of the IRF; fewer where the window would not fit 32 bits */
#define TS_TA_UNITS_PER_SIGMA_MIN 1024.0
#define TS_TA_SIGNAL_PEAK 0.7                  /* of the largest |signal| on the device */
#define TS_TA_T0_MAX 4.0                       /* IRF sigmas around the start's t0 */
#define TS_TA_RATE_MAX 4.0                     /* times 1 / IRF sigma */
#define TS_TA_RATE_MIN_WINDOWS 50.0            /* longest lifetime, in windows */
#define TS_TA_EVALUATIONS_MAX 60
#define TS_TA_DAMPING_NEAR 1e-4             /* of a start's first step: of one that the search has found */
#define TS_TA_DAMPING_FAR 1e-2              /* of one put elsewhere */
#define TS_TA_STARTS_MAX 24
#define TS_TA_PAIRS_MAX 4                      /* starts with two lifetimes close together */
#define TS_TA_STARTS_AT_EDGE 5                  /* that many are tried before a lifetime hidden by the IRF is accepted */
#define TS_TA_STARTS_MORE 6                    /* of the search's, where the best of the others has a lifetime below the IRF's sigma */
#define TS_TA_RATE_SHORT 0.5                   /* such a one, times 1 / IRF sigma */
#define TS_TA_RATE_HIDDEN 2.0                  /* such a one, times 1 / IRF sigma */
#define TS_TA_ACCEPT_SIGMAS 3.0                /* chi2 within so many of its expectation: no further start */
#define TS_TA_T0_SIDE 1.2                      /* IRF sigmas: the starts on either side of the t0 found */
#define TS_TA_CANCEL 0.5                       /* |sum of amplitudes| below this times the largest: more of them */
#define TS_TA_WIDTH_RANGE 4.0                  /* free width: largest factor either way */
#define TS_TA_GRID_RATIO 1.6                   /* of neighbouring lifetimes of the search */
#define TS_TA_GRID_MAX 20
#define TS_TA_GRID_LONGEST 1.0                 /* windows */
#define TS_TA_CANDIDATES_MAX 97                /* t0 of the search */
#define TS_TA_WORD_BITS 18                     /* that the engine needs */
#define TS_TA_WAVELENGTHS_MAX 4096
#define TS_TA_TRACES_MAX 16                    /* that the search takes together */
#define TS_TA_COLUMNS_MAX (TS_COMPONENTS_MAX + TS_TA_GRID_MAX + 3)

/* Judgement of a result. */
#define TS_TA_AMPLITUDE_SIGMAS 3.0             /* nearer to zero: order_unsupported */
#define TS_TA_LIFETIME_SIGMAS 3.0              /* two lifetimes nearer to each other, or ln tau less certain: order_unsupported */
/* Another minimum with a chi2 larger by less than this that lies further than its square root in sigmas: order_unsupported. */
#define TS_TA_RIVAL_CHI2 16.0
#define TS_TA_PIVOT_MIN 1e-5                   /* of the Fisher matrix scaled to a unit diagonal: below it rounding decides */
#define TS_TA_STEP_LEFT 0.5                    /* sigmas that the point may lie off the minimum: beyond, precision_limited and wider sigmas */
/* Largest signal over the noise beyond which the words' rounding is more than the promised 0.055 (18 bits) and 0.2 sigma (20 bits): docs/ta_engine.md measured 0.042 at 1000
 * and 0.145 at 1e4, and it grows with the SNR. Beyond: precision_limited. */
#define TS_TA_SNR_18 1300.0
#define TS_TA_SNR_20 13000.0
#define TS_TA_INTERVAL_SIGMAS 1.96
#define TS_TA_POOR_FIT_Z 3.0902                /* 99.9 % quantile of the normal distribution */

/* One start in the device's units of time and signal, and what came of it. */
typedef struct ts_ta_point {
  double rate[TS_COMPONENTS_MAX], amplitude[TS_COMPONENTS_MAX], offset, t0, width, artefact, slope;
  double damping;                /* of a start's first step */
} ts_ta_point;

typedef struct ts_ta_outcome {
  ts_ta_point at;
  unsigned bits;                 /* TS_TA_STATUS_MASK_* */
  double chi2;                   /* for the plan's sigmas */
  double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], gradient[TS_PARAMETERS_MAX];
  uint8_t payload[4 * TS_TA_RESULT_WORDS_MAX];
  size_t bytes;
} ts_ta_outcome;

/* Lifetimes of the grid, and what they leave unexplained. */
typedef struct ts_ta_choice {
  double cost;
  uint8_t place[TS_COMPONENTS_MAX];
} ts_ta_choice;
#define TS_TA_CHOICES_MAX 4845                 /* of 4 from TS_TA_GRID_MAX */

struct ts_ta_plan {
  ts_device *device;
  ts_ta_options options;
  size_t delays;
  double *delay;                 /* s */
  double *weight;                /* (least sigma / sigma)^2 */
  double sigma;                  /* least; 0: unknown */
  bool extended, precision_limited;
  double s, unit;                /* IRF sigma (start), s; seconds in a unit of the device */
  unsigned parameters;           /* free */

  /* the search: lifetimes of the given components, then of the grid (s); t0 candidates (s) */
  unsigned given, grid;
  double tau[TS_COMPONENTS_MAX + TS_TA_GRID_MAX];
  unsigned columns;              /* given + grid + 2: Eg, 1 */
  unsigned candidates;
  double *t0;
  double *column;                /* [candidate][column][delay] */
  double *gram;                  /* [candidate][column][column], for gram_mask */
  bool gram_ready, *gram_mask;
  ts_ta_choice *choices;         /* 2 TS_TA_CHOICES_MAX: scratch of the search */

  /* what the device holds */
  uint16_t config;
  bool configured;
  double origin;                 /* time of the device's zero, s */
  double inv_sigma2, inv_freedom;
  unsigned evaluations;
  bool *masked;                  /* of the present trace */
  double *signal;                /* of the present trace, scaled; 0 where masked. The search takes `traces` of them, one behind the other */
  unsigned traces;
  uint32_t place;                /* where the device keeps the present trace */
  bool stays;                    /* it has it there already */
  bool brief;                    /* its result is to come without the Gram matrix */
  unsigned connections;          /* times that the device may have forgotten what it kept */
  size_t used;
  double scale;
  uint8_t *payload;
};

/* ---- columns of the parameters, as combinations of the base columns (docs/ta_engine.md) ---- */
#define TS_TA_PARAMETERS_MAX TS_MATRIX_MAX
typedef double ts_ta_columns[TS_TA_PARAMETERS_MAX][TS_PARAMETERS_MAX];   /* [parameter][base column F_1, W_1, .., (v Eg, v^2 Eg,) Eg, 1] */

/* Where the free parameters stand; -1: held or not there. Lifetimes as ln tau, width as ln s. */
typedef struct ts_ta_order {
  unsigned n;
  int amplitude[TS_COMPONENTS_MAX], lifetime[TS_COMPONENTS_MAX], offset, t0, width, artefact, slope;
} ts_ta_order;
ts_ta_order ts_ta_order_of(const ts_ta_plan *p, const bool *held);
void ts_ta_columns_of(const ts_ta_plan *p, const ts_ta_point *at, const ts_ta_order *l, ts_ta_columns c);
/* The Fisher matrix for sigma 1, in units of the device, from the device's Gram matrix. */
void ts_ta_fisher(const ts_ta_plan *p, const ts_ta_point *at, const double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], const ts_ta_order *l,
                  ts_matrix h);

/* The base columns at delay n of the present trace, and what the point leaves of its signal, in double precision. */
double ts_ta_exact_at(const ts_ta_plan *p, const ts_ta_point *at, double origin, size_t n, double x[TS_PARAMETERS_MAX]);
/* Gram matrix and gradient of the base columns for the present trace at a point seen from `origin` (s), in double precision. */
void ts_ta_exact(const ts_ta_plan *p, const ts_ta_point *at, double origin, double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], double gradient[TS_PARAMETERS_MAX]);
/* From them: the covariance for sigma 1, and the Gauss-Newton step that is left, of the parameters of l. False: singular. */
bool ts_ta_exact_step(const ts_ta_plan *p, const ts_ta_point *at, double origin, const ts_ta_order *l, ts_matrix covariance, double step[TS_TA_PARAMETERS_MAX]);

/* ---- device ---- */
/* The plan's configuration and axis, as seen from `origin` (s). evaluations: 0 to evaluate starts only. */
ts_error ts_ta_configure(ts_ta_plan *p, double origin, double inv_sigma2, double inv_freedom, unsigned evaluations);
/* One start for the present trace, which the device keeps at p->place; adds to r's evaluations, starts and cycles. */
ts_error ts_ta_run(ts_ta_plan *p, const ts_ta_point *start, ts_ta_outcome *x, ts_ta_result *r);
/* The same with several on their way: submits one, *sent false where the session holds no more of them now. ts_ta_next() waits for the oldest (there must be one). After an
 * error of the stream both return it: nothing that was on its way counts then, and the device has forgotten its signals. */
ts_error ts_ta_submit(ts_ta_plan *p, const ts_ta_point *start, bool *sent);
ts_error ts_ta_next(ts_ta_plan *p, ts_ta_outcome *x, ts_ta_result *r);
/* Takes a trace (NAN: masked): mask, scale, scaled signals. */
ts_error ts_ta_take(ts_ta_plan *p, const double *signal);

/* Is a signal, whose largest value was scaled to TS_TA_SIGNAL_PEAK, too far above its noise for the device's words? */
bool ts_ta_beyond_words(const ts_ta_plan *p, double scale, double noise);
/* Student's 97.5 % quantile over the normal one: by so much sigmas are wider where the noise comes from residuals of so many degrees of freedom, so that +-1.96 of them hold 95 %. From 3 degrees
 * of freedom on it is within 7 % of the standard deviation of (value - truth) / sigma, sqrt(freedom / (freedom - 2)), too, but for 3 (1.62 for 1.73). */
double ts_ta_student(double freedom);
/* Of sigmas that are so much wider: how many leave no more to chance than TS_TA_LIFETIME_SIGMAS (0.27 %) do of a noise that is known. A fit through Student's quantiles, within 2 %. */
double ts_ta_clear(double freedom);
void ts_ta_nothing(ts_ta_result *r);
/* from[0] is the component of the shortest lifetime. */
void ts_ta_by_rate(const ts_ta_point *at, unsigned n, unsigned *from);

/* The best starts for the present traces (amplitudes: for the first), best first, at the candidate of t0 that explains it best; *noise2: the variance of a signal of
 * the largest weight that the whole grid leaves unexplained. Returns how many, at least 1. */
unsigned ts_ta_search(ts_ta_plan *p, ts_ta_point start[TS_TA_STARTS_MAX], double *candidate_s, double *noise2);

/* Starts with two lifetimes closer than the grid's, for the present trace and the device's present origin; best: where the others ended. Best first;
 * 0 where fewer than two lifetimes are searched for. */
unsigned ts_ta_close_pairs(const ts_ta_plan *p, const ts_ta_point *best, ts_ta_point start[TS_TA_PAIRS_MAX]);

/* A coherent artefact is the slope of the signal's edge: to first order it moves t0, by as much in one direction as in the other with its sign turned, and the curvature of the edge tells the two apart. The
 * place of the other one. False: none. */
bool ts_ta_mirror(const ts_ta_plan *p, const ts_ta_point *at, double *t0);

/* Another place where a start has ended. */
typedef struct ts_ta_rival {
  ts_ta_point at;
  double chi2;
} ts_ta_rival;

/* ---- t0 between delays: ta_between.c ---- */
#define TS_TA_BETWEEN_MAX 12
/* Other places for t0 in gaps between delays of the present trace beside `at`, where the delays do not see it. Returns how many. */
unsigned ts_ta_between(const ts_ta_plan *p, const ts_ta_point *at, double origin, double t0[TS_TA_BETWEEN_MAX]);
/* Moves t0 and width there, amplitudes, offset and artefact with them. Returns by how much the weighted squares of the present trace grow. */
double ts_ta_moved(const ts_ta_plan *p, ts_ta_point *at, double origin, double t0, double width);
/* How far on either side, in places, t0 and width must be looked for elsewhere: 0 where enough delays of the present trace, on both sides of t0, see the IRF's edge, and neither an artefact nor amplitudes that
 * cancel nor a lifetime shorter than the IRF hide it.
 * Then curvature and starts tell both. */
unsigned ts_ta_edge_reach(const ts_ta_plan *p, const ts_ta_point *at, double origin);
#define TS_TA_PLACES 64u
/* One of these with another t0 or another width, for a chi2 that must grow by *enough and does not where their sigmas (device units; ln width) are too small. False: it is near, or held. */
bool ts_ta_place(unsigned n, unsigned reach, const ts_ta_point *at, const ts_ta_order *l, double t0_sigma, double width_sigma, ts_ta_point *place, double *enough);
/* Whether t0 or the width (where free) may as well lie further off than their standard deviations (units of the device, of ln width) tell the present trace, since few delays see the IRF's edge. variance: of a
 * signal of the largest weight, on the device's scale. */
bool ts_ta_elsewhere(const ts_ta_plan *p, const ts_ta_point *at, double origin, const ts_ta_order *l, double t0_sigma, double width_sigma, double variance);

/* Whether the data speak as well for another place, further off than r's standard deviations tell. misfit: what chi2 is divided by. */
bool ts_ta_rivalled(const ts_ta_plan *p, const ts_ta_rival *best, const ts_ta_rival *rivals, unsigned count, const ts_ta_result *r,
                    double misfit);

/* Units, standard deviations, judgement of the best outcome. rivals: what the other starts converged to. */
void ts_ta_judge(const ts_ta_plan *p, const ts_ta_outcome *best, const ts_ta_rival *rivals, unsigned count, bool sigma_known, double noise2,
                 ts_ta_result *r);
#endif
