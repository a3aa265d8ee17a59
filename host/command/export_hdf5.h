/* A recording as HDF5 (docs/live.md has the layout). */
#ifndef TAUSTREAM_EXPORT_HDF5_H
#define TAUSTREAM_EXPORT_HDF5_H
#include "../io/recording.h"
#include "../io/trpl_record_read.h"

typedef struct export_hdf5 export_hdf5;
/* NULL: message (TS_MESSAGE_BYTES) says why. */
export_hdf5 *export_hdf5_open(const char *path, const ts_recording_reader *r, char *message);
/* Each in the order of the frames. */
bool export_hdf5_frame(export_hdf5 *h, const uint64_t *counts);
bool export_hdf5_record(export_hdf5 *h, const ts_read_record *r);
bool export_hdf5_note(export_hdf5 *h, uint8_t type, const json_t *j);
/* broken: what the recording's reader said, NULL: it was ended in order. False: message says why. Frees. */
bool export_hdf5_commit(export_hdf5 *h, const ts_recording_reader *r, const char *broken, char *message);
/* Why it could not be written; then it is to be abandoned. */
void export_hdf5_tell(const export_hdf5 *h, char *message);
void export_hdf5_abandon(export_hdf5 *h);
#endif
