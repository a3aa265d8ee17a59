/* The C model's inner functions, for the benches. */
#ifndef TS_BENCH_MODEL_H
#define TS_BENCH_MODEL_H
#include "decay_engine.h"
#include "decay_loader.h"
#include "decay_pass.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif
typedef struct model_layout {
  bool good, period, compact;
  ts_pass_layout layout;
  size_t irf_words;
} model_layout;

const ts_engine_limits *model_limits(unsigned engine);
model_layout model_decode(unsigned engine, const uint32_t words[TS_LAYOUT_WORDS]);
#ifdef __cplusplus
}
#endif
#endif
