/* Frames of photons behind the messages: groups them, ends frames, fits each with the decay engine. rtl/photon is the same machine with two banks;
 * here a frame is fitted before the next photon is counted, which is the same to the bit: photons of a stream wait for a free bank.
 *
 * Words come as in docs/protocol.md. Thread safety: one handle belongs to one thread.
 */
#ifndef TS_MODEL_PHOTON_FRAMES_H
#define TS_MODEL_PHOTON_FRAMES_H
#include "decay_engine.h"
#include "protocol.h"

enum {
  TS_PHOTON_WORDS_MAX = 255,    /* of photons in a message */
  TS_PHOTON_OUT_WORDS_MAX = TS_MAX_PAYLOAD_BYTES / 4
};

typedef struct ts_photon_frames ts_photon_frames;

ts_photon_frames *ts_photon_frames_create(const ts_engine_limits *limits, ts_decay_engine *engine);
void ts_photon_frames_destroy(ts_photon_frames *f);

/* The engine belongs to a measurement: what is not part of one is refused. */
bool ts_photon_frames_open(const ts_photon_frames *f);

/* Each takes a message's payload and returns 0 or the error code. */
unsigned ts_photon_frames_config(ts_photon_frames *f, uint16_t config, uint32_t sequence, const uint32_t *words, size_t n);
unsigned ts_photon_frames_photons(ts_photon_frames *f, uint16_t config, const uint32_t *words, size_t n);
unsigned ts_photon_frames_close(ts_photon_frames *f, uint16_t config, size_t n);
unsigned ts_photon_frames_end(ts_photon_frames *f, uint16_t config, size_t n);

typedef struct ts_photon_message {
  uint8_t type;
  uint16_t config;
  uint32_t sequence;
  uint32_t words[TS_PHOTON_OUT_WORDS_MAX];
  size_t count;
} ts_photon_message;

/* Works on what was taken until there is a message. False: nothing is left to do. */
bool ts_photon_frames_next(ts_photon_frames *f, ts_photon_message *m);
#endif
