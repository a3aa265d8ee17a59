/* taustream ta: fits of transient-absorption traces and matrices. */
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "ta_fit.h"

/* Of all options that change the numbers of a trace, but what tells of its data. */
static uint32_t options_crc(const ta_options *o)
{
  const ts_ta_options *f = &o->fit;
  const double asked[] = {f->components, f->irf_fwhm_s, f->irf_free, f->t0_s, f->t0_held, f->t0_range_s, f->offset, f->artefact};
  uint32_t crc = ts_crc_numbers(ts_crc_numbers(0, asked, sizeof asked / sizeof *asked), f->lifetime_s, TS_COMPONENTS_MAX);
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) crc = ts_crc_number(crc, f->lifetime_held[k]);
  return crc;
}

/* Reads --resume and says how much is left out; false after a complaint. */
static bool read_done(resume **done, const ta_options *o, const char **files, const ta_devices *d)
{
  uint64_t here = 0;
  *done = NULL;
  if (!o->resume) return true;
  *done = resume_read(o->resume, "taustream.ta/1", d->may_widen ? NULL : ts_device_get_info(d->first)->engine, o->fit.components, options_crc(o));
  if (!*done) return false;
  for (size_t i = 0; files[i]; i++) here += resume_count(*done, files[i]);
  if (!here && resume_total(*done)) return complain(false, "%s: its records are of other files: expected the inputs named as they were then", o->resume);
  if (o->common.quiet) return true;
  complain(0, "%s: %llu traces are done already", o->resume, (unsigned long long)here);
  if (resume_untold(*done))
    complain(0, "%s: %llu records of an earlier version do not tell their data and options: taken as made from these", o->resume, (unsigned long long)resume_untold(*done));
  return true;
}

static int run(const ta_options *o, const char **files, const ta_chirp *chirp, const resume *done, ta_devices *d)
{
  ta_sink sink;
  progress p;
  bool complete = true;
  int code = EXIT_DONE;
  size_t n = 0;
  while (files[n]) n++;
  if (!ta_sink_open(&sink, o, ts_device_get_info(d->first))) return EXIT_USAGE;
  interrupt_catch();
  progress_begin(&p, o->common.quiet);
  for (size_t i = 0; i < n; i++) {
    const ta_end end = o->follow ? ta_follow(files[i], o, chirp, d, &sink) : ta_fit_file(files[i], o, chirp, options_crc(o), done, d, &sink, &p);
    progress_clear(&p);
    if (end == TA_INPUT_FAILED) sink.failed_inputs++;
    if (end == TA_DEVICE_FAILED) sink.failed_inputs += n - i;
    if (end != TA_DONE) code = end == TA_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_INPUT;
    if (end == TA_DEVICE_FAILED || end == TA_INTERRUPTED) {
      complete = false;
      break;
    }
  }
  sink.wall_s = seconds_now() - p.begun;
  if (!ta_sink_close(&sink, complete, d->first) && code == EXIT_DONE) code = EXIT_INPUT;
  return code;
}

static int open_and_run(const ta_options *o, const char **files)
{
  char message[TS_MESSAGE_BYTES];
  ta_chirp chirp = {.n = 0};
  resume *done = NULL;
  if (o->chirp && ts_ta_chirp_read(o->chirp, chirp.coefficient, &chirp.n, message)) return complain(EXIT_INPUT, "%s", message);
  ta_devices d = {.first = open_device(&o->common)};
  if (!d.first) return EXIT_INPUT;
  const ts_device_info *i = ts_device_get_info(d.first);
  d.may_widen = !o->common.engine && (!strcmp(i->backend, "model") || !strcmp(i->backend, "rtl"));
  const int code = read_done(&done, o, files, &d) ? run(o, files, &chirp, done, &d) : EXIT_USAGE;
  resume_free(done);
  ts_device_close(d.wide);
  ts_device_close(d.first);
  return code;
}

int command_ta(int argc, const char **argv)
{
  ta_options o;
  const char **files;
  int code;
  if (ta_options_read(&o, argc, argv, &files, &code) == PARSED_GO) {
    code = open_and_run(&o, files);
    free(files);
  }
  ta_options_free(&o);
  return code;
}
