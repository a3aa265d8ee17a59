/* Values of options that several sub-commands have; false after a complaint that names the option. */
#ifndef TAUSTREAM_OPTION_VALUES_H
#define TAUSTREAM_OPTION_VALUES_H
#include "command.h"

/* A copy of the text, in place of the former. */
bool take_text(char **to, const char *text);
/* `1,3-5`: at least `least` columns; expected: what the message says of them. */
bool take_columns(const char *option, const char *text, size_t least, const char *expected, char **to);
/* Lines left out at the top. */
bool take_skip(const char *option, const char *text, unsigned long *lines);
bool take_time_unit(const char *option, const char *text, double *seconds);
bool take_unit(const char *option, ts_quantity kind, const char *text, double *scale);
/* `FROM..TO`, two times. */
bool take_time_range(const char *option, const char *text, double *from_s, double *to_s);
/* `K=VALUE[,fixed]` into places 0 to 3. */
bool take_lifetime(const char *text, double lifetime_s[TS_COMPONENTS_MAX], bool held[TS_COMPONENTS_MAX]);
#endif
