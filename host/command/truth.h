/* The truth of simulated data as JSON: a file of its own, standard output, or both. */
#ifndef TAUSTREAM_TRUTH_H
#define TAUSTREAM_TRUTH_H
#include <jansson.h>
#include <stdbool.h>

/* Takes j. path may be NULL. False: message (TS_MESSAGE_BYTES) says why. */
bool write_truth(json_t *j, bool to_stdout, const char *path, char *message);

/* The data, what else is written of them, and the truth (a path NULL: not asked for) have a file each, and not that of an input (NULL: none); false after a complaint. */
bool truth_files_fit(bool to_stdout, const char *output, const char *irf_output, const char *truth, const char *input);
#endif
