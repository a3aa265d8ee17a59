/* The fit processor: a small floating-point machine that runs the fit's program (rtl/fit/program) for several contexts.
 *
 * Registers 0..63 are constants, 64..255 belong to a context. An instruction is {op, stall, d, a, b, c}; the result of an
 * instruction issued at clock t may be read by one issued at t + TS_FIT_LATENCY or later, which the assembler ensures by `stall`
 * (clocks to wait before issue). Here instructions run one after the other, which gives the same bits.
 * rtl/fit/fit_processor.v is the same machine. See docs/fit_processor.md.
 * Thread safety: one machine belongs to one thread.
 */
#ifndef TS_MODEL_FIT_PROCESSOR_H
#define TS_MODEL_FIT_PROCESSOR_H
#include "fit_float.h"

#define TS_FIT_CONSTANTS 64
#define TS_FIT_REGISTERS 256
#define TS_FIT_IO_WORDS 1024
#define TS_FIT_STACK 4
#define TS_FIT_WEIGHT_SHIFT_MIN (-16)
#define TS_FIT_OUT_OFFSET 3        /* OUT address: integer offset for indexed addresses */
#define TS_FIT_OUT_INDEXED 512     /* OUT addresses 512..767 go to address - 512 + 4 offset */

typedef enum ts_fit_op {
  TS_FIT_FMA,    /* d = c + a*b */
  TS_FIT_FMS,    /* d = c - a*b */
  TS_FIT_RCP,    /* d = seed of 1/a */
  TS_FIT_EX2,    /* d = 2^(floor(64a)/64) */
  TS_FIT_FRC,    /* d = a - floor(64a)/64 */
  TS_FIT_RND,    /* d = nearest integer to a */
  TS_FIT_MIN,    /* d = min(a, b) */
  TS_FIT_MAX,    /* d = max(a, b) */
  TS_FIT_ABS,    /* d = |a| */
  TS_FIT_SEL,    /* d = c >= 0 ? a : b */
  TS_FIT_POW,    /* d = the largest power of two <= |a|; 0 for 0 */
  TS_FIT_IN,     /* d = in[b:a] * c, c a power of two; the product of exponents only */
  TS_FIT_OUTM,   /* out[b:d] = {shift, mantissa} of a >= 0, value = mantissa * 2^-shift (shift 0..63) */
  TS_FIT_OUTW,   /* out[b:d] = {shift, signed mantissa} of a, of -a where register b is negative, on the exponent of c plus that of register b:
                    value = mantissa * 2^-shift (shift -16..63); so b is a constant, its lowest bits the port's */
  TS_FIT_OUTX,   /* out[b:d] = a as f32x */
  TS_FIT_BLT,    /* if a < b go to {d, c} */
  TS_FIT_BGE,    /* if a >= b go to {d, c} */
  TS_FIT_JMP,    /* go to {d, c} */
  TS_FIT_CALL,   /* push the next address, go to {d, c} */
  TS_FIT_RET,    /* go to the address pushed last */
  TS_FIT_PASS,   /* start the pass of this context, go on when it is done */
  TS_FIT_DONE,   /* hand the result over; the next job starts at address 0 */
  TS_FIT_OP_COUNT
} ts_fit_op;

typedef struct ts_fit_instruction {
  uint8_t op, stall, d, a, b, c;
} ts_fit_instruction;

typedef struct ts_fit_program {
  const ts_fit_instruction *code;
  unsigned length;
  const ts_float (*constants)[TS_FIT_CONSTANTS];   /* [TS_FLOAT_TABLE(word_bits)] */
} ts_fit_program;

/* What an IN instruction reads: an integer and the power of two it is to be multiplied with. */
typedef struct ts_fit_input {
  int64_t value;
  int exponent;
} ts_fit_input;

typedef struct ts_fit_context {
  ts_float r[TS_FIT_REGISTERS];
  uint32_t out[TS_FIT_IO_WORDS];
  unsigned offset;                 /* of indexed OUT addresses, in units of 4 words */
  unsigned pc, depth;
  unsigned stack[TS_FIT_STACK];
} ts_fit_context;

typedef enum ts_fit_stop { TS_FIT_STOP_PASS, TS_FIT_STOP_DONE } ts_fit_stop;

void ts_fit_context_start(ts_fit_context *x, const ts_fit_program *p, int word_bits);

/* Runs until the next PASS or DONE. input() serves IN instructions. */
ts_fit_stop ts_fit_run(ts_fit_context *x, const ts_fit_program *p, int word_bits, ts_fit_input (*input)(void *user, unsigned address),
                       void *user);

/* Registers in which the decay's program keeps what its starts are made from. */
typedef struct ts_fit_start {
  uint8_t mean_delay, counts;
} ts_fit_start;

extern const ts_fit_start ts_decay_start;       /* generated with the program */
extern const ts_fit_program ts_decay_program;   /* generated: host/model/decay_program.c */
extern const ts_fit_program ts_ta_program;      /* generated: host/model/ta_program.c */
#endif
