/* taustream sclc: trap-filled-limit voltage, trap density and mobility from current-voltage sweeps. */
#include <stdlib.h>

#include "interrupt.h"
#include "progress.h"
#include "sclc_fit.h"

static int run_files(const sclc_options *o, const char **files, ts_device *d)
{
  sclc_sink sink;
  ts_sclc *s = NULL;
  bool complete = true;
  int code = EXIT_DONE;
  size_t n = 0;
  while (files[n]) n++;
  if (!sclc_sink_open(&sink, o, ts_device_get_info(d), n > 1)) return EXIT_USAGE;
  interrupt_catch();
  const double begun = seconds_now();
  ts_error e = ts_sclc_create(&s, d, &o->fit);
  if (e) complain(0, "%s: %s", ts_error_text(e), ts_device_message(d));
  for (size_t i = 0; i < n; i++) {
    const sclc_end end = e ? SCLC_DEVICE_FAILED : o->follow ? sclc_follow(files[i], o, d, s, &sink) : sclc_fit_file(files[i], o, d, s, &sink);
    if (end == SCLC_INPUT_FAILED) sink.failed_inputs++;
    if (end == SCLC_DEVICE_FAILED) sink.failed_inputs += n - i;
    if (end != SCLC_DONE) code = end == SCLC_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_INPUT;
    if (end == SCLC_DEVICE_FAILED || end == SCLC_INTERRUPTED) {
      complete = false;
      break;
    }
  }
  sink.wall_s = seconds_now() - begun;
  if (!sclc_sink_close(&sink, complete, d) && code == EXIT_DONE) code = EXIT_INPUT;
  ts_sclc_destroy(s);
  return code;
}

static int run_published(const sclc_options *o)
{
  sclc_sink sink;
  if (!sclc_sink_open(&sink, o, NULL, o->published > 1)) return EXIT_USAGE;
  size_t below = 0;
  for (size_t i = 0; i < o->published; i++) below += sclc_published(o, o->published_v[i], i, &sink) == TS_SCLC_UPPER_BOUND;
  if (below > 1 && sink.has_text)
    printf("%zu of the voltages lie below V_min: a difference between them is no difference of trap density that SCLC shows\n\n", below);
  return sclc_sink_close(&sink, true, NULL) ? EXIT_DONE : EXIT_INPUT;
}

int command_sclc(int argc, const char **argv)
{
  sclc_options o;
  const char **files;
  int code;
  if (sclc_options_read(&o, argc, argv, &files, &code) == PARSED_GO) {
    if (o.published) {
      code = run_published(&o);
    } else {
      ts_device *d = open_device(&o.common);
      code = d ? run_files(&o, files, d) : EXIT_INPUT;
      ts_device_close(d);
    }
    free(files);
  }
  sclc_options_free(&o);
  return code;
}
