/* Options of `taustream trpl`. */
#ifndef TAUSTREAM_TRPL_OPTIONS_H
#define TAUSTREAM_TRPL_OPTIONS_H
#include "../io/dnl_file.h"
#include "../io/histogram_file.h"
#include "command.h"

typedef struct trpl_options {
  common_options common;
  ts_read_options read, irf_read;
  ts_trpl_options fit;          /* without bin width, IRF histogram and places on the time axis: these come with the data */
  char *columns, *irf_columns, *irf;
  bool is_auto, has_shift, has_irf_background, has_range;
  bool is_calibration;          /* live: uncorrelated light, nothing is fitted */
  bool live, any_components;    /* results are those of live frames; their number of components may change */
  double from_s, to_s;
  char *dnl;                    /* file of --dnl; its widths once they are read */
  ts_dnl *widths;
  bool models_pile_up, has_pile_up;   /* --pile-up correct; --pile-up was given */
  double dead_time_s;           /* of the detection behind a stop; NAN: not given */
  output_options out;
  enum { TRPL_START_USUAL, TRPL_START_SUM, TRPL_START_OWN } start;   /* usual: of a recording own, as it was fitted live; else sum */
  char *resume;
} trpl_options;

/* The options that `taustream live` has, too: keys and table. */
enum { TRPL_IRF = OPTION_FIRST, TRPL_IRF_GAUSS, TRPL_IRF_BACKGROUND, TRPL_IRF_COLUMNS, TRPL_IRF_SKIP, TRPL_BIN_WIDTH, TRPL_TIME_UNIT, TRPL_LIFETIME,
       TRPL_BACKGROUND, TRPL_SHIFT, TRPL_RANGE, TRPL_PERIOD, TRPL_PULSES, TRPL_PILE_UP, TRPL_DEAD_TIME, TRPL_DNL, TRPL_OPTIONS_END };
#define TRPL_OPTIONS(components) \
  {"irf", TRPL_IRF, "FILE", 0, "instrument response: a histogram on the data's or its own time grid", 0}, \
  {"irf-gauss", TRPL_IRF_GAUSS, "FWHM", 0, "a Gaussian response, centred at time zero of the data", 0}, \
  {"irf-background", TRPL_IRF_BACKGROUND, "B", 0, "free (default: from the bins before its rise), zero or counts per bin", 0}, \
  {"irf-columns", TRPL_IRF_COLUMNS, "LIST", 0, "columns of the IRF's file", 0}, \
  {"irf-skip", TRPL_IRF_SKIP, "N", 0, "lines left out at the top of the IRF's file", 0}, \
  {"bin-width", TRPL_BIN_WIDTH, "TIME", 0, "width of a bin, for files without a time axis", 0}, \
  {"time-unit", TRPL_TIME_UNIT, "UNIT", 0, "unit of a time column whose header names none: fs ps ns us ms s", 0}, \
  {"components", 'k', "K", 0, components, 0}, \
  {"lifetime", TRPL_LIFETIME, "K=VALUE", 0, "start for lifetime K, or held there: K=VALUE[,fixed]; may be repeated", 0}, \
  {"background", TRPL_BACKGROUND, "B", 0, "free (default), zero or counts per bin", 0}, \
  {"shift", TRPL_SHIFT, "TIME", 0, "of the decay against the IRF: free (default with an IRF), none or a time", 0}, \
  {"range", TRPL_RANGE, "FROM..TO", 0, "bins whose left edge is in [FROM, TO) (default: all, less dead bins at the ends)", 0}, \
  {"period", TRPL_PERIOD, "TIME", 0, "repetition period: tails of earlier pulses are modelled", 0}, \
  {"pulses", TRPL_PULSES, "N", 0, "excitation pulses: pile-up is judged", 0}, \
  {"pile-up", TRPL_PILE_UP, "WHAT", 0, "judge (default: flagged), or correct: what dead time lost is in the model", 0}, \
  {"dead-time", TRPL_DEAD_TIME, "TIME", 0, "of the detection behind a photon; without it --pile-up correct takes one photon a pulse", 0}, \
  {"dnl", TRPL_DNL, "FILE", 0, "widths of the bins, from uncorrelated light (taustream live --save-dnl FILE)", 0}, \
  OUTPUT_OPTIONS("results as CSV (- is standard output)", "data, fit and weighted residuals as CSV", \
                 "plot: .svg, .png or .pdf; several fits: pages, or F.svg, F-2.svg, ... or, of more than 20, a map of the lifetimes")

/* Defaults; one option (false: it has complained); what is left to do when all are there: files: that are read, ended by NULL; more: further outputs, see outputs_wrong(). */
void trpl_options_begin(trpl_options *o);
bool trpl_options_take(trpl_options *o, int key, const char *text);
bool trpl_options_finish(trpl_options *o, const char *const *files, const named_file *more);

/* files: NULL-terminated, to be freed. On PARSED_LEAVE *code is the exit code. Free by trpl_options_free() in any case. */
parsed trpl_options_read(trpl_options *o, int argc, const char **argv, const char ***files, int *code);
void trpl_options_free(trpl_options *o);
#endif
