#ifndef TAUSTREAM_LIVE_REPLAY_H
#define TAUSTREAM_LIVE_REPLAY_H
#include "source.h"
/* The response's values in a recording that live_replay_open() opened; n 0: none. They hold as long as the source. */
const double *live_replay_irf(const live_source *s, size_t *n);
#endif
