/* The instrument response as the user gave it. */
#ifndef TAUSTREAM_TRPL_IRF_H
#define TAUSTREAM_TRPL_IRF_H
#include "trpl_options.h"

typedef struct trpl_irf {
  double *value;            /* NULL: none */
  size_t bins;
  double start_s, bin_width_s;
} trpl_irf;

/* Reads --irf; false after a complaint. */
bool trpl_irf_read(trpl_irf *irf, const trpl_options *o);
#endif
