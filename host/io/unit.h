/* Times as people write them: option values (`48.8ps`, `0.256 ns`, a bare number is seconds) and units named in column headers. */
#ifndef TAUSTREAM_IO_UNIT_H
#define TAUSTREAM_IO_UNIT_H
#include <stdbool.h>
#include <stddef.h>

/* A decimal number and nothing else: no hexadecimal, no `nan`, no `inf`, no trailing text. False when it is not one. */
bool ts_parse_number(const char *text, double *value);

/* Scale of a time unit (`ns` -> 1e-9); false when it is not one of fs ps ns us ms s. */
bool ts_time_unit(const char *name, double *scale);

/* A time with an optional unit. On failure why (why_bytes) says what is wrong with the value and what was expected. */
bool ts_parse_time(const char *text, double *seconds, char *why, size_t why_bytes);

/* `FROM..TO`, each a time; either may be empty (then the matching bound is -/+ infinity). */
bool ts_parse_time_range(const char *text, double *from, double *to, char *why, size_t why_bytes);

/* Unit in a column's name: `time_ns`, `Time [ps]`, `t (ns)`, `t/ns`. False when it names none. */
bool ts_header_unit(const char *column_name, double *scale);

/* A time with a fitting unit for people, e.g. `6.053 ns`; digits significant figures. */
void ts_format_time(char *out, size_t out_bytes, double seconds, int digits);
#endif
