#include "ta_plot.h"

bool ts_ta_plot(ts_pages *pages, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra, const ts_ta_picture *p, char *message)
{
  (void)pages; (void)o; (void)r; (void)spectra; (void)p; (void)message;
  return true;
}
