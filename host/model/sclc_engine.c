#include "sclc_engine.h"

#include <stdbool.h>
#include <stdlib.h>

#include "protocol.h"
#include "sclc_processor.h"

struct ts_sclc_engine {
  ts_sclc_processor processor;
  bool held;               /* a sweep has begun */
  bool fresh;              /* and the program has not seen it */
  uint16_t config;
  unsigned received;       /* points */
  uint64_t instructions;
};

ts_sclc_engine *ts_sclc_engine_create(void) {
  ts_sclc_engine *e = calloc(1, sizeof *e);
  if (e) ts_sclc_processor_init(&e->processor);
  return e;
}

void ts_sclc_engine_destroy(ts_sclc_engine *e) { free(e); }

unsigned ts_sclc_engine_config(ts_sclc_engine *e, uint16_t config, const uint32_t *words, size_t n) {
  if (n != TS_SCLC_CFG_WORDS) return TS_ERR_LENGTH;
  for (size_t i = 0; i < n; i++) e->processor.memory[TS_SCLC_ADDRESS_CONFIG + i] = (int32_t)words[i];
  e->held = e->fresh = true;
  e->config = config;
  e->received = 0;
  return 0;
}

unsigned ts_sclc_engine_points(ts_sclc_engine *e, uint16_t config, const uint32_t *words, size_t n, uint32_t *result) {
  if (!e->held || config != e->config) return TS_ERR_CONFIG;
  if (n == 0) return TS_ERR_LENGTH;
  const unsigned from = words[0] & 0xffffu, count = words[0] >> 16;
  const size_t expect = count > TS_SCLC_POINTS_MAX ? 1 : 1 + 2 * (size_t)count;
  if (n != expect) return TS_ERR_LENGTH;
  const bool again = from + count <= e->received, next = from == e->received && from + count <= TS_SCLC_POINTS_MAX;
  if (!again && !next) return TS_ERR_VALUE;
  for (size_t i = 1; i < n; i++) e->processor.memory[TS_SCLC_ADDRESS_POINTS + i - 1] = (int32_t)words[i];
  const int64_t input = (again ? 0 : (int64_t)count) + ((int64_t)e->fresh << 16);
  e->instructions = ts_sclc_processor_run(&e->processor, input);
  if (!again) e->received += count;
  e->fresh = false;
  for (size_t i = 0; i < TS_SCLC_RES_WORDS; i++) result[i] = (uint32_t)e->processor.memory[TS_SCLC_ADDRESS_RESULT + i];
  result[TS_SCLC_RES_WORDS] = 0;
  return 0;
}

uint64_t ts_sclc_engine_instructions(const ts_sclc_engine *e) { return e->instructions; }
