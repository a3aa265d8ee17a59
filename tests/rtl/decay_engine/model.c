#include "decay_engine.c"

#include "model.h"

const ts_engine_limits *model_limits(unsigned engine) {
  static ts_engine_limits limits;
#define TAKE(NAME, name, id, word, state, window, accumulator, count, components, bins, fine, groups, ...) \
  if (engine == (id)) limits = (ts_engine_limits){word, components, bins, fine, groups, count};
  TS_ENGINE_LIST(TAKE)
#undef TAKE
  return &limits;
}

model_layout model_decode(unsigned engine, const uint32_t words[TS_LAYOUT_WORDS]) {
  ts_decay_engine e = {.limits = *model_limits(engine)};
  for (unsigned i = 0; i < TS_LAYOUT_WORDS; i++) e.layout_word[i] = words[i];
  decode_layout(&e);
  return (model_layout){.good = layout_good(&e), .period = e.period, .compact = e.compact, .layout = e.layout, .irf_words = irf_words(&e.layout)};
}
