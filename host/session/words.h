/* Numbers as they cross the border: little-endian words, f32x, LEB128. */
#ifndef TS_WORDS_H
#define TS_WORDS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

enum { TS_LEB128_BYTES_MAX = 5 };

void ts_put_u16(uint8_t *p, uint32_t v);
void ts_put_u32(uint8_t *p, uint32_t v);
uint32_t ts_get_u16(const uint8_t *p);
uint32_t ts_get_u32(const uint8_t *p);

/* Nearest f32x word; integers of at most 23 bits get exponent 0. Beyond the range: the largest value; below it: zero. */
uint32_t ts_f32x_from_double(double v);
double ts_f32x_to_double(uint32_t word);

/* Writes v (below 2^32) and returns how many bytes that took, at most TS_LEB128_BYTES_MAX. */
size_t ts_leb128_put(uint8_t *p, uint32_t v);
/* Returns the bytes read, 0 when there is no complete number of at most 32 bits in n bytes. */
size_t ts_leb128_get(const uint8_t *p, size_t n, uint32_t *v);

/* A histogram whose highest bin stands exactly at what a counter of 16 or 32 bits holds, or one of a device's single bins (17, 24), was cut there. */
static inline bool ts_counter_is_full(uint64_t highest) {
  return highest == UINT16_MAX || highest == UINT32_MAX || highest == (1u << TS_ENGINE_U16_COUNT_BITS) - 1 || highest == (1u << TS_ENGINE_E18_COUNT_BITS) - 1;
}
#endif
