/* Options of `taustream live`. */
#ifndef TAUSTREAM_LIVE_OPTIONS_H
#define TAUSTREAM_LIVE_OPTIONS_H
#include "../live/framer.h"
#include "trpl_options.h"

typedef enum live_kind { LIVE_SIM, LIVE_TAGS, LIVE_REPLAY, LIVE_BOARD } live_kind;

typedef struct live_options {
  trpl_options trpl;
  const char *source;           /* as given */
  live_kind kind;
  const char *place;            /* what stands behind the colon */
  live_rule rule;
  char *frame;                  /* text of --frame; NULL: not given */
  char *record, *snapshot, *save_dnl;
  uint64_t frames;              /* to end after; 0: all */
  double speed;                 /* of the source's own time; infinity: max; 0: not given */
  live_tag_options tags;
  bool has_fit_options, plain;  /* plain: no view of the whole terminal */
  bool send_photons;            /* to the device, which makes the histograms */
} live_options;

#define LIVE_FRAME_DEFAULT "20000photons"

parsed live_options_read(live_options *o, int argc, const char **argv, const char ***rest, int *code);
void live_options_free(live_options *o);
#endif
