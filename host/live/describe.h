/* What a measurement is done with, as the JSON at the head of a recording (schema taustream.recording/1), and back into options for a replay. */
#ifndef TAUSTREAM_LIVE_DESCRIBE_H
#define TAUSTREAM_LIVE_DESCRIBE_H
#include "../command/live_options.h"
#include "../command/trpl_irf.h"

json_t *live_describe(const live_options *o, const trpl_irf *irf, const live_axis *axis, const ts_device_info *device);
/* Takes the fit's options (but no output) from a recording. False: message says what is wrong with them. */
bool live_options_from(trpl_options *o, const json_t *begin, char *message);
#endif
