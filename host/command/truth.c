#include "truth.h"

#include <stdio.h>

#include "../include/taustream.h"
#include "../io/output_file.h"
#include "command.h"
#include "outputs.h"

bool write_truth(json_t *j, bool to_stdout, const char *path, char *message)
{
  bool good = true;
  if (to_stdout) good = !json_dumpf(j, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17)) && fputc('\n', stdout) != EOF && !fflush(stdout);
  if (!good) snprintf(message, TS_MESSAGE_BYTES, "standard output cannot be written");
  if (good && path) {
    ts_output *o = ts_output_open(path, message);
    good = o != NULL;
    if (o) {
      json_dumpf(j, ts_output_stream(o), JSON_INDENT(2) | JSON_REAL_PRECISION(17));
      fputc('\n', ts_output_stream(o));
      good = ts_output_commit(o, message);
    }
  }
  json_decref(j);
  return good;
}

bool truth_files_fit(bool to_stdout, const char *output, const char *irf_output, const char *truth, const char *input)
{
  char message[TS_MESSAGE_BYTES];
  const named_file all[] = {{"--json", to_stdout ? "-" : NULL}, {"--output", output}, {"--irf-output", irf_output}, {"--truth", truth}};
  return !files_wrong(all, sizeof all / sizeof *all, &(named_inputs){NULL, {input}}, message) || complain(false, "%s", message);
}
