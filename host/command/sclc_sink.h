/* Where results of `taustream sclc` go: JSON or text on standard output, CSV, curves, plots, statistics. */
#ifndef TAUSTREAM_SCLC_SINK_H
#define TAUSTREAM_SCLC_SINK_H
#include "../io/output_file.h"
#include "../io/plot_pages.h"
#include "../io/sclc_record.h"
#include "sclc_options.h"

typedef struct sclc_sink {
  const sclc_options *options;
  const ts_device_info *device;     /* NULL: none is needed */
  ts_output *csv, *curve;
  ts_pages *plot;
  bool has_text, failed;            /* failed: an output could not be written */
  FILE *summary;                    /* the table's lines, in memory; NULL: one file only */
  char *summary_text;
  size_t summary_bytes;
  uint64_t done, failed_inputs, left_out;   /* left_out: of the plot */
  double cycles, points;
  bool has_cycles;
  double wall_s;
} sclc_sink;

/* Opens every output, so that a bad place is known before any work. False after a complaint. */
bool sclc_sink_open(sclc_sink *s, const sclc_options *o, const ts_device_info *device, bool several);
void sclc_sink_put(sclc_sink *s, const ts_sclc_origin *o, const ts_sclc_result *r);
/* While points still come: a line, or a record. */
void sclc_sink_provisional(sclc_sink *s, const ts_sclc_origin *o, const ts_sclc_result *r);
/* Closes everything; complete says that all inputs were worked through. device may be NULL. */
bool sclc_sink_close(sclc_sink *s, bool complete, const ts_device *device);
#endif
