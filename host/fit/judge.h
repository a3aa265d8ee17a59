/* What an estimate tells: units, standard deviations, whether the data hold it. Shared by the device's results and the host's refit. */
#ifndef TS_FIT_JUDGE_H
#define TS_FIT_JUDGE_H
#include "matrix.h"
#include "plan.h"

#define TS_PIVOT_MIN 1e-9                /* of a Fisher matrix scaled to a unit diagonal: less is rounding of the device's 24-bit words */

/* Components in order of rising lifetime; parameters are ln a_k, ln tau_k, ..., shift, background, in this order. */
typedef struct ts_estimate {
  unsigned from[TS_COMPONENTS_MAX];        /* the plan's component at each rank */
  double amplitude[TS_COMPONENTS_MAX];     /* our counts a bin of ours */
  double rate[TS_COMPONENTS_MAX];          /* of bins of the device */
  double shift;                            /* our bins, relative to plan->g */
  double background;                       /* our counts a bin of ours */
  double per_bin;                          /* counts of a bin of the device -> ours a bin of ours */
  ts_matrix covariance;                    /* in bins and counts of the device; 0 where a parameter is held */
} ts_estimate;

/* Index of a sorted parameter in the plan's order. */
unsigned ts_estimate_index(const ts_trpl_plan *p, const ts_estimate *e, unsigned sorted);
void ts_judge_nothing(ts_trpl_result *r);
/* Lifetimes, amplitudes, shift, background, means. True: an amplitude has vanished. */
bool ts_judge_values(const ts_trpl_plan *p, const ts_estimate *e, ts_trpl_result *r);
/* Standard deviations and intervals; *supported turns false where the data do not hold the components, *at_edge true at the range's edge. */
void ts_judge_errors(const ts_trpl_plan *p, const ts_estimate *e, ts_trpl_result *r, bool *supported, bool *at_edge);
/* chi2 over the groups; variance: of it, when the model is true. */
void ts_judge_chi2(ts_trpl_result *r, double chi2, double variance);
/* Do counts scatter as counts do? Bins (or groups) in their order, neighbours together until so many counts are expected of them that chi2 is what it is for many: that of a few would hide it. */
typedef struct ts_scatter {
  double y, mu, more;            /* of the cell that is open */
  double chi2, variance;
  unsigned cells;
  double run;                    /* counts expected in the empty bins up to here */
  double odd, odd_chi2;          /* largest deviance of a bin that the groups hide, or of a run of empty ones; its part of chi2 */
} ts_scatter;
void ts_scatter_add(ts_scatter *s, double y, double mu, double more);   /* more: variance beside that of the counts */
/* alone: the bin is a group of its own, which chi2 sees. */
void ts_scatter_bin(ts_scatter *s, double y, double mu, bool alone);
/* not_poisson, and poor_fit where a bin or a gap stands out by itself. */
void ts_judge_scatter(const ts_scatter *s, unsigned free_parameters, ts_trpl_result *r);
/* Beside ts_judge_chi2(), where groups in which hardly a count is expected make up most of its variance, and hide what the others show: cells of groups. */
void ts_judge_together(const ts_scatter *s, double variance, unsigned free_parameters, ts_trpl_result *r);
/* What ts_misfit() looks at. */
typedef struct ts_misfit_data {
  const uint64_t *counts;        /* of our bins; NULL: not known */
  const uint32_t *groups;        /* then the groups' sums */
  const double *expected;        /* of our bins, background included */
  const double *weight;          /* what they count of it; NULL: everything */
  double total;                  /* counts */
} ts_misfit_data;
/* Are the data off in one of the usual ways, by more than TS_MISFIT_SIGMAS? amplitude (counts a bin), rate: in our bins. *left: from the estimate to the maximum of the likelihood, about,
 * standard deviations: what the data still pull at the free parameters. */
bool ts_misfit(const ts_trpl_plan *p, const ts_misfit_data *data, const ts_estimate *e, const double *amplitude, const double *rate, double *left);
/* No period was given: is so much of the decay left at the window's end that it would be seen before the pulse, were the window the period? amplitude (counts a bin), rate, shift: in our
 * bins; after ts_curve(). */
void ts_judge_tails(const ts_trpl_plan *p, const double *amplitude, const double *rate, double shift, ts_trpl_result *r);
#endif
