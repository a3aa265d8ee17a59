/* Where results of `taustream ta` go: JSON or text on standard output, CSV, curves, plots, statistics. */
#ifndef TAUSTREAM_TA_SINK_H
#define TAUSTREAM_TA_SINK_H
#include "../io/output_file.h"
#include "../io/plot_pages.h"
#include "../io/ta_plot.h"
#include "../io/ta_record.h"
#include "ta_options.h"

typedef struct ta_sink {
  const ta_options *options;
  const ts_device_info *device;
  ts_output *csv, *curve;
  ts_pages *plot;
  bool has_text, failed;            /* failed: an output could not be written */
  const char *line_source;          /* file whose header line stands above */
  uint64_t done, failed_inputs, left_out;   /* left_out: of the plot */
  double cycles, evaluations, signals;
  bool has_cycles;
  double wall_s;
} ta_sink;

/* Opens every output, so that a bad place is known before any work. False after a complaint. */
bool ta_sink_open(ta_sink *s, const ta_options *o, const ts_device_info *device);
/* One result; fit: what was fitted and the curve. batch: one of many, shown as a line. */
void ta_sink_put(ta_sink *s, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra, const ts_ta_picture *fit, bool batch);
/* While delays still come. */
void ta_sink_provisional(ta_sink *s, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra);
/* Closes everything; complete says that all inputs were worked through. */
bool ta_sink_close(ta_sink *s, bool complete, const ts_device *device);
#endif
