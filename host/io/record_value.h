/* Values of records as JSON and as CSV: NAN is null, or an empty field. */
#ifndef TAUSTREAM_IO_RECORD_VALUE_H
#define TAUSTREAM_IO_RECORD_VALUE_H
#include <jansson.h>
#include <stdio.h>

json_t *ts_json_number(double v);
json_t *ts_json_text(const char *text);          /* bytes that are no UTF-8 become `?`; NULL is null */
json_t *ts_json_pair(double low, double high);
json_t *ts_json_list(const double *v, size_t n);
/* Names of the flags that are set; name: of a single flag, NULL when it is none. In CSV with semicolons between them. */
typedef const char *(*ts_flag_namer)(unsigned single_flag);
json_t *ts_json_flags(unsigned flags, ts_flag_namer name);
void ts_csv_flags(FILE *f, unsigned flags, ts_flag_namer name);
void ts_csv_text(FILE *f, const char *text);     /* quoted where it must be */
void ts_csv_number(FILE *f, double v);           /* a comma before it */
#endif
