/* The device in integer C: takes the protocol's bytes, gives the protocol's bytes. Bit for bit what the gateware does.
 *
 * Thread safety: one handle belongs to one thread at a time; different handles are independent.
 */
#ifndef TS_MODEL_DEVICE_H
#define TS_MODEL_DEVICE_H
#include <stddef.h>
#include <stdint.h>

typedef struct ts_model ts_model;

/* engine: TS_ENGINE_U16 or TS_ENGINE_E18 of protocol.h. NULL when out of memory or the engine is unknown. */
ts_model *ts_model_create(unsigned engine);
void ts_model_destroy(ts_model *m);

/* Takes up to n bytes, working on every complete message at once. Returns how many were taken: fewer than n only while
 * answers are waiting to be read (back-pressure). */
size_t ts_model_write(ts_model *m, const uint8_t *bytes, size_t n);

/* Moves up to n bytes of waiting answers into bytes. Returns how many. */
size_t ts_model_read(ts_model *m, uint8_t *bytes, size_t n);
#endif
