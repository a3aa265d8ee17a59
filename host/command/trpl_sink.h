/* Where results of `taustream trpl` go: JSON or text on standard output, CSV, curves, plots, statistics. */
#ifndef TAUSTREAM_TRPL_SINK_H
#define TAUSTREAM_TRPL_SINK_H
#include "../io/curve_csv.h"
#include "../io/output_file.h"
#include "../io/plot.h"
#include "../io/trpl_record.h"
#include "progress.h"
#include "trpl_options.h"

typedef struct trpl_sink {
  const trpl_options *options;
  const ts_device_info *device;
  unsigned components;      /* most that a record can have */
  ts_output *csv, *curve;
  ts_plot *plot;
  bool has_text, failed;    /* failed: an output could not be written */
  bool withholds;           /* nothing goes to standard output for now; files are written */
  const char *line_source;  /* batch whose header line stands above */
  uint64_t done, failed_inputs;
  double photons, evaluations, cycles;
  bool has_cycles;
  uint64_t bytes_to, bytes_from;   /* of a device that is closed at the end */
  double wall_s;
} trpl_sink;

/* Opens every output, so that a bad place is known before any work. False after a complaint. */
bool sink_open(trpl_sink *s, const trpl_options *o, const ts_device_info *device);
bool sink_wants_curves(const trpl_sink *s);
/* One result; curve may be NULL when nobody wants it. batch: one of many rows, shown as a line. */
void sink_put(trpl_sink *s, const ts_trpl_origin *o, const ts_trpl_result *r, const ts_curve *curve, bool batch);
/* Closes everything; complete says that all inputs were worked through. device may be NULL when there is none any more (then bytes_to and bytes_from hold). */
bool sink_close(trpl_sink *s, bool complete, const ts_device *device);
#endif
