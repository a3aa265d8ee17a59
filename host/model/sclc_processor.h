/* The SCLC processor: a small 64-bit integer machine that runs the SCLC engine's program (rtl/sclc/program).
 *
 * 256 registers, 4096 words of memory, a table of constants; two's complement, sums and shifts to the left wrap modulo 2^64.
 * rtl/sclc/sclc_processor.v is the same machine. docs/sclc_engine.md has the instructions.
 * Thread safety: one machine belongs to one thread.
 */
#ifndef TS_MODEL_SCLC_PROCESSOR_H
#define TS_MODEL_SCLC_PROCESSOR_H
#include "sclc_program.h"

#define TS_SCLC_MEMORY_WORDS 4096
#define TS_SCLC_STACK 8

typedef struct ts_sclc_processor {
  int64_t r[TS_SCLC_REGISTERS];
  int64_t memory[TS_SCLC_MEMORY_WORDS];
} ts_sclc_processor;

/* Registers as after configuration of the FPGA; memory zero. */
void ts_sclc_processor_init(ts_sclc_processor *p);

/* Runs one job from instruction 0 to DONE. input: what the program reads above its memory. Returns the number of instructions. */
uint64_t ts_sclc_processor_run(ts_sclc_processor *p, int64_t input);
#endif
