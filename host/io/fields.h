/* One line of a table cut into its fields. */
#ifndef TAUSTREAM_IO_FIELDS_H
#define TAUSTREAM_IO_FIELDS_H
#include <stdbool.h>
#include <stddef.h>

#define TS_FIELDS_MAX 4096

/* Cuts the line in place. The separator is the first of `;`, tab, `,`, space that the line holds; beside `;` or a tab a comma inside a
 * number is a decimal comma (decimal_comma says so), and so it is in a line of numbers with nothing but spaces between them. Runs of tabs or spaces are one separator. Quotes around a field and spaces at its ends are
 * taken off; with spaces as separators a unit in brackets stays with the name before it (`Time [ps]`). Returns the number of
 * fields, at most max; a line with more returns max + 1. */
size_t ts_fields_split(char *line, char **field, size_t max, bool *decimal_comma);

/* The field as a decimal number, with `,` for the point when decimal_comma; see ts_parse_number(). */
bool ts_field_number(char *field, bool decimal_comma, double *value);

/* True when the field starts as a number does, or is a nan or an infinity: such a line is data (good or bad), not a header. A date or a time of day is none. */
bool ts_field_is_data(const char *field);

/* `1,3-5`: 1-based column numbers to 0-based indices. Returns how many, 0 when the text is not such a list. */
size_t ts_columns_parse(const char *text, size_t *column, size_t max);
#endif
