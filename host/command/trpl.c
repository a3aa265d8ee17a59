/* taustream trpl: multi-exponential fits of photon-count histograms. */
#include <stdlib.h>

#include "interrupt.h"
#include "trpl_fit.h"

static int run(const trpl_options *o, const char **files, ts_device *d)
{
  trpl_sink sink;
  trpl_irf irf;
  progress p;
  bool complete = true;
  int code = EXIT_DONE;
  if (!sink_open(&sink, o, ts_device_get_info(d))) return EXIT_USAGE;
  interrupt_catch();
  progress_begin(&p, o->common.quiet);
  bool good = trpl_irf_read(&irf, o);
  for (size_t i = 0; files[i]; i++) {
    fit_end end = good ? trpl_fit_file(files[i], o, &irf, d, &sink, &p) : FIT_INPUT_FAILED;
    progress_clear(&p);
    if (end == FIT_INPUT_FAILED) {
      sink.failed_inputs++;
      code = EXIT_INPUT;
    } else if (end == FIT_DEVICE_FAILED) {
      while (files[i]) i++, sink.failed_inputs++;
      complete = false;
      code = EXIT_INPUT;
      break;
    } else if (end == FIT_INTERRUPTED) {
      complete = false;
      code = EXIT_INTERRUPTED;
      break;
    }
  }
  sink.wall_s = seconds_now() - p.begun;
  if (!sink_close(&sink, complete, d) && code == EXIT_DONE) code = EXIT_INPUT;
  free(irf.value);
  return code;
}

int command_trpl(int argc, const char **argv)
{
  trpl_options o;
  const char **files;
  int code;
  if (trpl_options_read(&o, argc, argv, &files, &code) == PARSED_GO) {
    ts_device *d = open_device(&o.common);
    code = d ? run(&o, files, d) : EXIT_INPUT;
    ts_device_close(d);
    free(files);
  }
  trpl_options_free(&o);
  return code;
}
