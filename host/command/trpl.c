/* taustream trpl: multi-exponential fits of photon-count histograms. */
#include <stdlib.h>

#include "interrupt.h"
#include "trpl_fit.h"
#include "trpl_weights.h"

/* Of all options that change the numbers, but what tells of the data. */
static uint32_t options_crc(const trpl_options *o, const trpl_irf *irf)
{
  const ts_trpl_options *f = &o->fit;
  const double asked[] = {o->is_auto ? 0 : f->components, f->irf_kind, f->irf_fwhm_s, f->irf_background, f->irf_background_counts_per_bin, f->background,
                          f->background_counts_per_bin, f->shift, f->shift_s, f->period_s, f->pulses, f->compact, o->has_range, o->has_range ? o->from_s : 0,
                          o->has_range ? o->to_s : 0, o->widths ? o->widths->crc : -1.0, o->models_pile_up, o->dead_time_s};
  uint32_t crc = ts_crc_numbers(0, asked, sizeof asked / sizeof *asked);
  crc = ts_crc_numbers(crc, f->lifetime_s, TS_COMPONENTS_MAX);
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) crc = ts_crc_number(crc, f->lifetime_held[k]);
  if (o->start != TRPL_START_USUAL) crc = ts_crc_number(crc, o->start);   /* else as in records from before there was a choice */
  if (f->irf_kind != TS_IRF_HISTOGRAM) return crc;
  const double axis[] = {(double)irf->bins, irf->start_s, irf->bin_width_s};
  return ts_crc_numbers(ts_crc_numbers(crc, axis, sizeof axis / sizeof *axis), irf->value, irf->bins);
}

/* Reads --resume and says how much is left out; false after a complaint. */
static bool read_done(resume **done, const trpl_options *o, const char **files, uint32_t crc, const ts_device *d)
{
  uint64_t here = 0;
  *done = NULL;
  if (!o->resume) return true;
  *done = resume_read(o->resume, "taustream.trpl/1", ts_device_get_info(d)->engine, o->is_auto ? 0 : o->fit.components, crc);
  if (!*done) return false;
  for (size_t i = 0; files[i]; i++) here += resume_count(*done, files[i]);
  if (!here && resume_total(*done)) {
    complain(0, "%s: its records are of other files: expected the inputs named as they were then", o->resume);
    return false;
  }
  if (o->common.quiet) return true;
  complain(0, "%s: %llu histograms are done already", o->resume, (unsigned long long)here);
  if (resume_untold(*done))
    complain(0, "%s: %llu records of an earlier version do not tell their data and options: taken as made from these", o->resume, (unsigned long long)resume_untold(*done));
  return true;
}

static int run(const trpl_options *o, const char **files, const trpl_irf *irf, uint32_t crc, const resume *done, ts_device *d)
{
  trpl_sink sink;
  progress p;
  bool complete = true;
  int code = EXIT_DONE;
  if (!sink_open(&sink, o, ts_device_get_info(d))) return EXIT_USAGE;
  interrupt_catch();
  progress_begin(&p, o->common.quiet);
  for (size_t i = 0; files[i]; i++) {
    fit_end end = irf ? trpl_fit_file(files[i], o, irf, crc, done, d, &sink, &p) : FIT_INPUT_FAILED;
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
    trpl_irf irf = {0};
    code = EXIT_INPUT;
    if (d && trpl_widths_read(&o, NULL)) {
      const bool good = trpl_irf_read(&irf, &o);   /* without it every input fails, and is told so */
      const uint32_t crc = good ? options_crc(&o, &irf) : 0;
      code = !good || read_done(&done, &o, files, crc, d) ? run(&o, files, good ? &irf : NULL, crc, done, d) : EXIT_USAGE;
    }
    resume_free(done);
    free(irf.value);
    ts_device_close(d);
    free(files);
  }
  trpl_options_free(&o);
  return code;
}
