/* The engine of transient absorption behind the messages: configuration, delays and weights, one trace after another. rtl/ta/ta_engine.v is
 * the same machine. The loads are those of decay_engine.h: configuration, axis in the place of the IRF, trace in that of the counts.
 * Thread safety: one engine belongs to one thread.
 */
#ifndef TS_MODEL_TA_ENGINE_H
#define TS_MODEL_TA_ENGINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_TA_ENGINE_RESULT_WORDS_MAX 83   /* 27, the lower triangle of 10 columns, `cycles` */

typedef enum ts_ta_load { TS_TA_LOAD_CONFIG, TS_TA_LOAD_AXIS, TS_TA_LOAD_TRACE, TS_TA_LOAD_AGAIN } ts_ta_load;

typedef struct ts_ta_engine ts_ta_engine;

/* word_bits: 18 or 20 (docs/ta_engine.md). NULL: out of memory, or limits that do not fit. */
ts_ta_engine *ts_ta_engine_create(unsigned components_max, unsigned delays_max, unsigned signals_max, unsigned word_bits);
void ts_ta_engine_destroy(ts_ta_engine *e);

/* A load starts. False: the configuration named (or its axis) is not held; *expect is then 0. Else *expect words must follow. */
bool ts_ta_engine_begin(ts_ta_engine *e, ts_ta_load kind, uint16_t config, size_t *expect);
void ts_ta_engine_word(ts_ta_engine *e, uint32_t word);
/* The words were good: use them. False: a layout word, or the place of a trace, asks for more than this build holds, and the load is forgotten. */
bool ts_ta_engine_commit(ts_ta_engine *e);

/* After a committed trace, new or held: runs the fit, fills words[] and returns how many (the last is `cycles`, 0). */
size_t ts_ta_engine_fit(ts_ta_engine *e, uint32_t words[TS_TA_ENGINE_RESULT_WORDS_MAX]);
#endif
