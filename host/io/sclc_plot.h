/* A page an sclc branch: log J over log V with the ohmic, trap-filled and Child regions, the steepest tangent and the template; the local slope below. */
#ifndef TAUSTREAM_IO_SCLC_PLOT_H
#define TAUSTREAM_IO_SCLC_PLOT_H
#include "plot_pages.h"
#include "sclc_record.h"

bool ts_sclc_plot(ts_pages *p, const ts_sclc_origin *o, const ts_sclc_result *r, char *message);
#endif
