/* The truth of simulated data as JSON: a file of its own, standard output, or both. */
#ifndef TAUSTREAM_TRUTH_H
#define TAUSTREAM_TRUTH_H
#include <jansson.h>
#include <stdbool.h>

/* Takes j. path may be NULL. False: message (TS_MESSAGE_BYTES) says why. */
bool write_truth(json_t *j, bool to_stdout, const char *path, char *message);
#endif
