/* taustream trpl: multi-exponential fits of photon-count histograms. */
#include <stdlib.h>

#include "interrupt.h"
#include "trpl_fit.h"
#include "trpl_weights.h"

/* Reads --resume and says how much is left out; false after a complaint. */
static bool read_done(resume **done, const trpl_options *o, const char **files, const ts_device *d)
{
  uint64_t here = 0;
  *done = NULL;
  if (!o->resume) return true;
  *done = resume_read(o->resume, "taustream.trpl/1", ts_device_get_info(d)->engine, o->is_auto ? 0 : o->fit.components);
  if (!*done) return false;
  for (size_t i = 0; files[i]; i++) here += resume_count(*done, files[i]);
  if (!here && resume_total(*done)) {
    complain(0, "%s: its records are of other files: expected the inputs named as they were then", o->resume);
    return false;
  }
  if (!o->common.quiet) complain(0, "%s: %llu histograms are done already", o->resume, (unsigned long long)here);
  return true;
}

static int run(const trpl_options *o, const char **files, const resume *done, ts_device *d)
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
    fit_end end = good ? trpl_fit_file(files[i], o, &irf, done, d, &sink, &p) : FIT_INPUT_FAILED;
    progress_clear(&p);
    if (end == FIT_INPUT_FAILED) {
      sink.failed_inputs++;
      code = EXIT_INPUT;
    } else if (end == FIT_DEVICE_FAILED) {
      complain(0, "%llu histograms have their record; the same command with --resume OUTPUT_OF_JSON fits the others", (unsigned long long)sink.done);
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
    resume *done = NULL;
    if (!d) code = EXIT_INPUT;
    else if (!trpl_widths_read(&o, NULL)) code = EXIT_INPUT;
    else code = read_done(&done, &o, files, d) ? run(&o, files, done, d) : EXIT_USAGE;
    resume_free(done);
    ts_device_close(d);
    free(files);
  }
  trpl_options_free(&o);
  return code;
}
