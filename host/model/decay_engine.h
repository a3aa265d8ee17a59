/* The decay engine behind the messages: configuration, IRF, loader, one fit after another. rtl/decay/decay_engine.v is the same machine
 * with several contexts in flight; contexts do not influence each other, so one is enough here.
 *
 * Words come as in docs/design.md ("The device at word level"). Thread safety: one engine belongs to one thread.
 */
#ifndef TS_MODEL_DECAY_ENGINE_H
#define TS_MODEL_DECAY_ENGINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decay_pass.h"
#include "fit_float.h"

#define TS_ENGINE_RESULT_WORDS_MAX 80

typedef enum ts_load_kind { TS_LOAD_CONFIG, TS_LOAD_IRF, TS_LOAD_RAW, TS_LOAD_GROUPED } ts_load_kind;

typedef struct ts_engine_limits {
  unsigned word_bits, components_max, bins_max, fine_max, groups_max, count_bits;
} ts_engine_limits;

typedef struct ts_decay_engine ts_decay_engine;

ts_decay_engine *ts_decay_engine_create(const ts_engine_limits *limits);
void ts_decay_engine_destroy(ts_decay_engine *e);

/* A load starts. False: the configuration named (or its IRF) is not held; *expect is then 0. Else *expect words must follow. */
bool ts_decay_engine_begin(ts_decay_engine *e, ts_load_kind kind, uint16_t config, size_t *expect);
void ts_decay_engine_word(ts_decay_engine *e, uint32_t word);
/* The words were good: use them. False: a layout word asks for more than this build holds, and the load is forgotten. */
bool ts_decay_engine_commit(ts_decay_engine *e);

/* For frames of photons: whether histograms of that configuration can be fitted; what the configuration holds; a float changed until it is
 * restored. */
bool ts_decay_engine_holds(const ts_decay_engine *e, uint16_t config);
const ts_pass_layout *ts_decay_engine_layout(const ts_decay_engine *e);
bool ts_decay_engine_is_compact(const ts_decay_engine *e);
uint32_t ts_decay_engine_float(const ts_decay_engine *e, unsigned index);   /* as it was loaded */
void ts_decay_engine_set_float(ts_decay_engine *e, unsigned index, uint32_t word);
void ts_decay_engine_restore_floats(ts_decay_engine *e);

/* After a committed histogram: runs the fit, fills words[] and returns how many (the last is `cycles`, 0). */
size_t ts_decay_engine_fit(ts_decay_engine *e, uint32_t words[TS_ENGINE_RESULT_WORDS_MAX]);

/* Behind a fit whose lifetimes were not all given: the mean delay (bins) and the counts that its starts were made from. */
void ts_decay_engine_start(const ts_decay_engine *e, ts_float *mean_delay, ts_float *counts);
#endif
