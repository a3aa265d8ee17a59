/* The SCLC engine in integers: points of a current-voltage sweep in, the trap-filled limit out; docs/sclc_engine.md.
 *
 * rtl/sclc/sclc_engine.v computes the same bits.
 * Thread safety: one engine belongs to one thread.
 */
#ifndef TS_MODEL_SCLC_ENGINE_H
#define TS_MODEL_SCLC_ENGINE_H
#include <stddef.h>
#include <stdint.h>

#define TS_SCLC_POINTS_MAX 512

typedef struct ts_sclc_engine ts_sclc_engine;

ts_sclc_engine *ts_sclc_engine_create(void);   /* NULL when out of memory */
void ts_sclc_engine_destroy(ts_sclc_engine *e);

/* The payloads of `sclc_config` and `sclc_points` as n words. 0, or the error code (TS_ERR_...) of the answer. */
unsigned ts_sclc_engine_config(ts_sclc_engine *e, uint16_t config, const uint32_t *words, size_t n);
/* result: TS_SCLC_RES_WORDS words and `cycles` (0). */
unsigned ts_sclc_engine_points(ts_sclc_engine *e, uint16_t config, const uint32_t *words, size_t n, uint32_t *result);

/* Instructions of the last job. */
uint64_t ts_sclc_engine_instructions(const ts_sclc_engine *e);
#endif
